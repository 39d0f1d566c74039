/** Words of the field with their meaning at hand: by hover, by keyboard, by touch, and read aloud. */
import { useRef, useState } from 'preact/hooks';
import { meaningOf } from '../../../glossary.ts';

/** A word without an entry in the glossary stays plain. */
export const Term = ({ word, children }: { word: string; children?: string }) => {
  const [place, setPlace] = useState<{ left: number; top: number }>();
  const own = useRef<HTMLElement>(null);
  const meaning = meaningOf(word);
  const shown = children ?? word;
  if (meaning === undefined) return <>{shown}</>;
  const show = () => {
    const { left, bottom } = own.current!.getBoundingClientRect();
    setPlace({ left: Math.max(8, Math.min(left, innerWidth - 340)), top: bottom + 4 });
  };
  const hide = () => setPlace(undefined);
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its only action is to show what it means */}
      <abbr
        class="term"
        ref={own}
        tabIndex={0}
        aria-label={`${shown}: ${meaning}`}
        onMouseEnter={show}
        onMouseLeave={hide}
        onFocus={show}
        onBlur={hide}
      >
        {shown}
      </abbr>
      {place && (
        <span class="bubble" role="tooltip" style={{ position: 'fixed', left: `${place.left}px`, top: `${place.top}px` }}>
          {meaning}
        </span>
      )}
    </>
  );
};
