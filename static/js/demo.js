/** The people of the demo have passwords that nobody has to know. No page of another mode holds them. */

/**
 * Offer the password that the demo gave this person, beside a field that asks for it.
 * @param {ParentNode} root  the form or dialog with the field
 * @param {HTMLInputElement} field
 * @param {string} email  whose password it asks for
 */
export function offerPassword(root, field, email) {
  for (const button of root.querySelectorAll('[data-demo-email]')) {
    button.hidden = button.dataset.demoEmail !== email;
    button.onclick = () => {
      field.value = button.dataset.demoPassword;
      field.dispatchEvent(new Event('input'));
      field.form.querySelector('[type=submit]').focus();
    };
  }
}
