/** The source around an origin. The line itself stands out, and is said to be the one to those who cannot see that. */
export function CodeFrame({ place, frame }: { readonly place: string; readonly frame: string }) {
  return (
    <figure class="frame">
      <figcaption>
        opened at <code>{place}</code>
      </figcaption>
      <pre tabIndex={0} role="region" aria-label={`Code at ${place}`}>
        {frame.split('\n').map((line) => {
          const marked = line.startsWith('>');
          const caret = /^ *\| *\^/.test(line);
          return <code class={marked ? 'is-origin' : caret ? 'is-caret' : ''}>{`${marked ? ` ${line.slice(1)}` : line}\n`}</code>;
        })}
      </pre>
    </figure>
  );
}
