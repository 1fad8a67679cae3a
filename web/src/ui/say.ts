/**
 * A word in passing, and a question before something final. The browser's own dialog keeps the focus and closes by Escape. (Vant's toast and
 * dialog bring an icon font that the content policy rightly refuses, for two elements.)
 */
let region: HTMLElement | undefined

/** Says that something was done; gone by itself. */
export function say(text: string): void {
  region ??= document.body.appendChild(Object.assign(document.createElement('div'), { className: 'say' }))
  region.setAttribute('role', 'status')
  const line = Object.assign(document.createElement('p'), { textContent: text })
  region.append(line)
  setTimeout(() => line.remove(), 3000)
}

/** Asks before something final; without `no` there is only one way on. */
export function ask(message: string, yes: string, no?: string): Promise<boolean> {
  const dialog = document.createElement('dialog')
  dialog.className = 'ask'
  const text = Object.assign(document.createElement('p'), { textContent: message, id: `ask-${crypto.randomUUID()}` })
  dialog.setAttribute('aria-labelledby', text.id)
  dialog.append(text)
  for (const [label, value] of [[yes, 'yes'], [no, 'no']] as const) {
    if (!label) continue
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: label })
    button.addEventListener('click', () => dialog.close(value))
    dialog.append(button)
  }
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes')
    })
  })
}
