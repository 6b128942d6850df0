export function chromium(): string | undefined;
export const chromiumArguments: string[];
