// The only file that names preact. (The compiler adds `preact/jsx-runtime` where there is JSX; see tsconfig.json.)
export { render, type ComponentChildren, type JSX } from 'preact';
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
