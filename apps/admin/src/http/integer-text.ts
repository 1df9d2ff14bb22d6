import { Transform } from 'class-transformer';

/** The contract takes "5" for 5; nothing else is converted: 1.5, "1.5" and "" stay what they are, to be refused. */
export function TakesIntegerText(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }): unknown =>
    typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value,
  );
}
