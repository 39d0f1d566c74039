import { useState } from 'preact/hooks';

export const Copy = ({ text, label }: { text: string; label: string }) => {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  const copy = async () => {
    const copied = await writeClipboard(text);
    setState(copied ? 'done' : 'failed');
    setTimeout(() => setState('idle'), 2000);
  };
  return (
    <button type="button" class="copy" aria-label={label} onClick={() => void copy()}>
      <span aria-live="polite">{{ idle: 'Copy', done: 'Copied', failed: 'Select it' }[state]}</span>
    </button>
  );
};

/** The clipboard, or where the browser keeps it from files on disk, the old way. */
const writeClipboard = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied;
  }
};
