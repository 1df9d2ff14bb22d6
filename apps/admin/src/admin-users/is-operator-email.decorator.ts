import { isEmail, registerDecorator } from 'class-validator';

/** Top-level names that no mail can ever be sent to (RFC 6761 and the like). */
const UNREACHABLE = new Set(['arpa', 'invalid', 'local', 'localhost', 'onion', 'test']);

/** An e-mail address of the public internet. */
export function IsOperatorEmail(): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name: 'isEmail',
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: isOperatorEmail,
        defaultMessage: () => `${String(key)} must be an e-mail address that mail can be sent to`,
      },
    });
  };
}

export function isOperatorEmail(value: unknown): boolean {
  if (typeof value !== 'string' || !isEmail(value)) return false;
  const topLevel = value.slice(value.lastIndexOf('.') + 1).toLowerCase();
  return !UNREACHABLE.has(topLevel);
}

/** The form in which addresses are kept and compared: hosts have no case, mailboxes may. */
export function normalisedEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return email.slice(0, at) + email.slice(at).toLowerCase();
}
