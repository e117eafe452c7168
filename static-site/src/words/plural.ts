/** Counting in words: which form of a noun goes with a number is each language's own rule. */

/** The forms of one phrase. Languages that have more forms than these name them as well. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

export function pluralIn(language: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  return (count, forms) => forms[rules.select(count)] ?? forms.other;
}
