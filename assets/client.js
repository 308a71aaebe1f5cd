// @ts-check
/**
 * What a page does in a browser that runs scripts: it keeps itself up to date, tells times in the reader's time zone, and shows
 * what is wrong with a strategy while it is written. Without it pages show the same, as of when they were asked for.
 */
import { Idiomorph } from "./idiomorph.js"

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" })
const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" })
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" })
const long = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" })

/** How long ago a time is. @param {Date} at */
const ago = (at) => {
  const seconds = Math.max(0, Math.round((Date.now() - at.getTime()) / 1000))
  if (seconds < 5) return "just now"
  if (seconds < 90) return `${seconds} s ago`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min ago` : `at ${hour.format(at)}`
}

/** Tells times within an element in the reader's time zone. @param {ParentNode} within @param {string} which */
const localize = (within, which = "time[datetime]") => {
  for (const time of within.querySelectorAll(which)) {
    const at = new Date(time.getAttribute("datetime") ?? "")
    if (Number.isNaN(at.getTime())) continue
    const as = time.getAttribute("data-as")
    const isToday = at.toDateString() === new Date().toDateString()
    const words = isToday ? hour.format(at) : `${day.format(at)} ${hour.format(at)}`
    const text = as === "ago" ? ago(at) : as === "clock" ? clock.format(at) : words
    if (time.textContent === text) continue
    time.textContent = text
    time.setAttribute("title", long.format(at))
  }
}

const callbacks = {
  /** What a person has opened stays open, and what they write stays written. @param {string} name @param {Element} node */
  beforeAttributeUpdated: (name, node) => !(name === "open" && node.tagName === "DETAILS")
}

/** Puts newer pieces of the page in the place of those that have their ids. @param {string} text */
const renew = (text) => {
  const template = document.createElement("template")
  template.innerHTML = text
  localize(template.content)
  for (const piece of [...template.content.children]) {
    const here = document.getElementById(piece.id)
    if (here === null) continue
    const isNew = new Set([...here.children].map(({ id }) => id))
    Idiomorph.morph(here, piece, { morphStyle: "outerHTML", ignoreActiveValue: true, callbacks })
    for (const child of document.getElementById(piece.id)?.children ?? []) {
      if (child.tagName === "LI" && child.id !== "" && !isNew.has(child.id)) child.classList.add("fresh")
    }
  }
  showPresent()
}

/** Follows what becomes of the page. @param {string} address @param {string} files */
const follow = (address, files) => {
  const connection = /** @type {HTMLElement} */ (document.getElementById("connection"))
  const events = new EventSource(`/live?page=${encodeURIComponent(address)}`)
  let isOpen = false
  events.addEventListener("files", ({ data }) => {
    // Another version of the service has taken over.
    if (data !== files) location.reload()
  })
  events.addEventListener("parts", ({ data }) => renew(data))
  events.addEventListener("open", () => {
    isOpen = true
    connection.hidden = true
    document.body.dataset.live = "yes"
    document.dispatchEvent(new Event("followed"))
  })
  events.addEventListener("error", () => {
    delete document.body.dataset.live
    connection.hidden = !isOpen
    connection.textContent =
      "The service does not answer. This page shows what was so last, and goes on when it is back."
    if (events.readyState !== EventSource.CLOSED) return
    // A browser gives up on an answer that is no stream of events, such as that of a service about to stop.
    setTimeout(() => follow(address, files), 2000)
  })
}

/** Shows what is wrong with a strategy while it is written. @param {HTMLFormElement} form */
const check = (form) => {
  const text = form.querySelector("textarea")
  const place = document.getElementById("problems")
  if (text === null || place === null) return
  let asked = 0
  let timer = 0
  let isUnknown = false
  /** Says that nothing is known of the text, and why. @param {string} reason */
  const unknown = (reason) => {
    isUnknown = true
    const words = document.createElement("p")
    words.className = "reason"
    words.textContent = `It could not be checked: ${reason}`
    document.getElementById("problems")?.replaceChildren(words)
    text.removeAttribute("aria-invalid")
  }
  const ask = async () => {
    asked += 1
    const mine = asked
    const body = new URLSearchParams({ text: text.value })
    const signal = AbortSignal.timeout(10_000)
    try {
      const answer = await fetch("/strategies/check", { method: "POST", body, signal })
      const said = await answer.text()
      if (mine !== asked) return
      if (!answer.ok) {
        const isText = answer.headers.get("content-type")?.startsWith("text/plain") && said.trim() !== ""
        return unknown(isText ? said.trim() : `the service answers ${answer.status}.`)
      }
      isUnknown = false
      renew(said)
      text.setAttribute("aria-invalid", String(document.querySelector("#problems .problem") !== null))
    } catch {
      if (mine !== asked) return
      unknown("the service does not answer. It is checked when it is back.")
      setTimeout(askAgain, 5000)
    }
  }
  text.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(ask, 250)
  })
  const askAgain = () => {
    if (isUnknown) ask()
  }
  document.addEventListener("followed", askAgain)
  addEventListener("online", askAgain)
}

/** Whether the course of the match was scrolled by a person, and stays where they have it. */
let isScrolled = false
for (const kind of ["pointerdown", "touchstart", "wheel", "keydown"]) {
  const by = (/** @type {Event} */ { target }) => {
    if (target instanceof Element && target.closest("#course .wide") !== null) isScrolled = true
  }
  document.addEventListener(kind, by, { passive: true })
}

/** Where the course of a match is wider than the screen, shows what goes on now, with the minutes before it. */
const showPresent = () => {
  const wide = document.querySelector("#course .wide")
  const now = wide?.querySelector(".timeline .now")
  if (!wide || !now || isScrolled) return
  const at = now.getBoundingClientRect().left - wide.getBoundingClientRect().left + wide.scrollLeft
  wide.scrollLeft = at - 0.8 * wide.clientWidth
}

localize(document)
showPresent()
setInterval(() => localize(document, "time[data-as=ago]"), 1000)
const { files = "", watch = "" } = document.body.dataset
if (watch !== "") follow(watch, files)
for (const form of document.querySelectorAll("form[data-check]")) check(/** @type {HTMLFormElement} */ (form))
/** The day of the filter is that of the reader's time zone, from when they choose one on. @param {HTMLFormElement} form */
const chooseDays = (form) => {
  const { day, zone } = /** @type {Record<string, HTMLInputElement>} */ (/** @type {unknown} */ (form.elements))
  const label = document.getElementById("day")
  if (!day || !zone || !label) return
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone
  const use = () => {
    zone.value = own
    label.textContent = `Day (${own})`
  }
  if (day.value === "") use()
  day.addEventListener("change", use)
  form.addEventListener("submit", () => {
    zone.disabled = day.value === ""
  })
}

for (const form of document.querySelectorAll("form.filter")) chooseDays(/** @type {HTMLFormElement} */ (form))
for (const control of document.querySelectorAll("form.filter select, form.filter input[type=date]")) {
  control.addEventListener("change", () => /** @type {HTMLSelectElement} */ (control).form?.requestSubmit())
}
