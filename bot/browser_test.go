package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"kansbot/adapters/practice/practicetest"
)

// TestBrowserChain is the chain of testdata/chain.txtar as people go through it
// in the practice room: with a mouse, a keyboard and a clock to put forward. It
// leaves a picture of each stage in KANSTEST_OUT, and renews the README's
// with KANSTEST_PICTURE=$PWD/docs/practice-room.png.
func TestBrowserChain(t *testing.T) {
	began := time.Date(2027, 1, 20, 9, 0, 0, 0, amsterdam)
	_, address, _ := boot(t, false, func(ctx context.Context, a *app) (wired, error) {
		a.clock.set(began)
		return wirePractice(ctx, a)
	})
	v := visitor{practicetest.Open(t, address, "chain-"), t}

	t.Log("a first visit")
	v.Desktop(1280, 860)
	v.Go("/")
	v.Sees("Welkom in de oefenruimte", "Kernteam De Zwaan is klaar om te beginnen", "Je bent nu: Anna de Groot", "woensdag 20 januari 2027, 09:00")
	v.Picture("01-welcome")
	v.Accessible("welcome")

	t.Log("Bram gives a signal, and puts a name in it at first")
	v.becomes("Bram Visser")
	v.says("/signaal")
	v.form()
	v.click("dialog label", "Nieuwe casus (ik geef de code)")
	v.fills("#f-gezien", "Sanne begint niet aan een taak als die moeilijk lijkt")
	v.fills("#f-nodig", "oefenen met fouten maken")
	v.click("dialog label", "Leren en groeien")
	v.click("dialog button", "Vastleggen")
	v.Sees("Is “Sanne” een naam?")
	v.Until(`document.activeElement.id === 'f-gezien' && document.activeElement.ariaInvalid === 'true'`)
	v.Until(`document.querySelector('#f-nodig').value === 'oefenen met fouten maken'`)
	v.Until(`['K', 'leren'].every(value => document.querySelector('dialog input:checked[value=' + value + ']'))`)
	v.Picture("02-mistake")
	v.Accessible("mistake")
	v.fills("#f-gezien", "begint niet aan een taak als die moeilijk lijkt")
	v.click("dialog button", "Vastleggen")
	v.Sees("signaal 1 over K-001", "Alleen jij ziet dit", "Signaal 1: K-001 (zorg · Leren en groeien)")
	v.noForm()
	v.click("#welcome button", "Ik weet genoeg")
	v.Until(`!document.querySelector('#welcome')`)

	t.Log("Emre types, and takes what is suggested")
	v.becomes("Emre Yildiz")
	v.SeesNot("begint niet aan een taak als die", "Alleen jij ziet dit")
	v.click("#line", "")
	v.Keys("/")
	v.Until(`document.querySelectorAll('#suggest li:not([hidden])').length === 5`)
	v.Keys(kb.ArrowDown)
	v.Until(`document.querySelector('#line').getAttribute('aria-activedescendant') === 's-signaal'`)
	v.Picture("03-suggestions")
	v.Keys(kb.Enter)
	v.Until(`document.querySelector('#line').value === '/signaal '`)
	v.Keys("nieuw slaapt slecht in toetsweken | ouders: akkoord #gezond" + kb.Enter)
	v.Sees("signaal 2 over K-002", "Signaal 2: K-002 (zorg · Gezond)")

	t.Log("Chantal has no mouse")
	v.keyboardOnly()

	t.Log("a success, a rhythm, a point of one's own")
	v.becomes("Gerard Smit")
	v.says("/signaal K-001 durft nu zelf hulp te vragen #succes | ouders: geïnformeerd")
	v.Sees("Signaal 4: K-001 (succes)")
	v.becomes("Anna de Groot")
	v.says("/kansoverleg plan elke 6 weken op dinsdag om 13:30")
	v.Sees("Gepland.", "De eerste keer is dinsdag 26 januari om 13:30")
	v.says("/kansoverleg punt ouderavond over toetsen")
	v.Sees("Je punt staat op de agenda")

	t.Log("the clock brings the agenda, and people say whether they come")
	v.waitsFor("Agenda Kans!overleg, dinsdag 26 januari om 13:30")
	v.Sees("vrijdag 22 januari 2027, 08:30", "Eerst een succes: K-001", "ouderavond over toetsen (Anna de Groot)")
	v.becomes("Bram Visser")
	v.presses("Agenda Kans!overleg", "Ik ben erbij")
	v.Sees("Erbij: Bram Visser", "Fijn, je bent erbij")
	v.becomes("Fenna Bakker")
	v.presses("Agenda Kans!overleg", "Ik ben er niet")
	v.Sees("Niet erbij: Fenna Bakker")
	v.Picture("04-agenda")
	v.Accessible("agenda")
	v.waitsFor("De contactpersoon gemeente is er niet")
	v.waitsFor("begint het Kans!overleg")

	t.Log("the Kans!overleg")
	v.becomes("Anna de Groot")
	v.says("/kansoverleg start")
	v.Sees("Kans!overleg dinsdag 26 januari", "Het overleg is begonnen")
	v.presses("K-001 (zorg", "Actie maken")
	v.form()
	v.Until(`document.querySelector('dialog [name="f.casus"]:checked').value === 'K-001'`)
	v.chooses("#f-wie", "Bram Visser")
	v.fills("#f-wat", "begint elke taak samen")
	v.fills("#f-datum", "vrijdag")
	v.fills("#f-gelukt", "het werk op gang komt")
	v.Picture("05-action")
	v.Keys(kb.Enter)
	v.Sees("K-001: @Bram Visser begint elke taak samen, uiterlijk vr 29 jan. Gelukt als het werk op gang komt.", "Actie 1 staat op naam van Bram Visser")
	v.presses("K-001 (zorg", "Besproken")
	v.Sees("Besproken (Anna de Groot)")
	if file := os.Getenv("KANSTEST_PICTURE"); file != "" {
		v.portrait(file)
	}
	v.presses("K-003 (zorg", "Doorschuiven")
	v.Sees("Gaat mee naar de volgende keer (Anna de Groot)")
	v.click("#line", "")
	v.Keys("/actie @em")
	v.Until(`document.querySelectorAll('#suggest li:not([hidden])').length === 1`)
	v.Keys(kb.Tab + "vraagt de logopedist om tips voor de klas voor 5 feb K-002" + kb.Enter)
	v.Sees("K-002: @Emre Yildiz vraagt de logopedist om tips voor de klas, uiterlijk vr 5 feb.")
	v.presses("K-002 (zorg", "Besproken")
	v.Picture("06-meeting")
	v.Accessible("meeting")
	v.says("/kansoverleg afronden")
	v.Sees("Mooi, afgerond", "Afspraken van het Kans!overleg, dinsdag 26 januari", "Gaat mee naar de volgende keer: K-003")
	v.Picture("07-minutes")

	t.Log("who agreed to something has it in a message of their own")
	v.click("#news a", "Bram Visser kreeg een bericht van Kansbot")
	v.isNow("Bram Visser")
	v.Sees("Dit sprak je af in het Kans!overleg van dinsdag 26 januari", "Bram Visser begint elke taak samen")
	v.SeesNot("logopedist")
	v.Picture("08-direct")
	v.click("#places a", exampleChannel)

	t.Log("it comes back in the thread, until it is done")
	v.waitsFor("@Bram Visser, dit is voor vandaag: begint elke taak samen")
	v.Sees("vrijdag 29 januari 2027, 08:30")
	v.presses("dit is voor vandaag: begint elke taak samen", "Klaar")
	v.Sees("Mooi, actie 1 is klaar", "Klaar. Bram Visser, vr 29 jan")
	v.Picture("09-done")
	v.waitsFor("@Emre Yildiz, dit komt eraan")

	t.Log("what somebody wrote is for who asks")
	v.says("/signaal toon 1")
	v.Sees("Wat zien we: begint niet aan een taak als die moeilijk lijkt", "staat in het logboek")
	v.Picture("10-private")
	v.becomes("Emre Yildiz")
	v.SeesNot("begint niet aan een taak als die", "Wat zien we:")
	v.presses("dit komt eraan", "Klaar")
	v.Sees("Mooi, actie 2 is klaar")

	t.Log("six weeks later it goes round again, with what was carried over")
	v.waitsFor("Wat wil je bespreken?")
	v.waitsFor("Agenda Kans!overleg, dinsdag 9 maart om 13:30")
	v.Sees("vrijdag 5 maart 2027, 08:30")
	v.Until(`[...document.querySelectorAll('article')].pop().innerText.includes('K-003')`)
	v.click("#prefs button", "Donker")
	v.Until(`document.documentElement.dataset.theme === 'dark'`)
	v.Picture("11-dark")
	v.Accessible("dark")

	t.Log("on a phone")
	v.Phone(390, 844)
	v.click("#prefs button", "Licht")
	v.Until(`document.documentElement.dataset.theme === 'light'`)
	v.becomes("Dewi Hartono")
	v.Picture("12-phone")
	v.says("/signaal")
	v.form()
	v.Picture("13-phone-dialog")
	v.Accessible("phone")
	v.click("dialog button", "Annuleren")
	v.noForm()
	v.Until(`document.documentElement.scrollWidth <= 390`)

	t.Log("and again from the start")
	v.click("#clock button", "Opnieuw beginnen")
	v.click("#restart button", "Ja, begin opnieuw")
	v.Until(`document.querySelector('#clock time').innerText.includes('woensdag 20 januari 2027')`)
	v.Sees("Kernteam De Zwaan is klaar om te beginnen")
	v.SeesNot("Signaal 1", "Kans!overleg dinsdag")
	v.Picture("14-again")
}

// keyboardOnly is a whole signal, from choosing who one is, by keys alone.
func (v visitor) keyboardOnly() {
	v.t.Helper()
	v.Run(`document.activeElement.blur()`)
	v.tabsTo(`closest('#who summary')`)
	v.Keys(kb.Enter)
	v.tabsTo(`innerText.includes('Chantal Mol')`)
	v.Keys(kb.Enter)
	v.isNow("Chantal Mol")
	v.tabsTo(`matches('.skip')`)
	v.Keys(kb.Enter)
	v.Until(`document.activeElement.id === 'line'`)
	v.Keys("/si")
	v.Until(`document.querySelectorAll('#suggest li:not([hidden])').length === 1`)
	v.Keys(kb.Tab)
	v.Until(`document.querySelector('#line').value === '/signaal '`)
	v.Keys(kb.Escape + kb.Enter)
	v.form()
	v.Until(`document.activeElement.name === 'f.casus'`)
	v.Keys(kb.Escape)
	v.noForm()
	v.Until(`document.activeElement.id === 'line'`)
	v.Keys(kb.ArrowUp + kb.Enter)
	v.form()
	v.Until(`document.activeElement.name === 'f.casus'`)
	v.Keys(" ")
	v.tabsTo(`matches('#f-gezien')`)
	v.Keys("speelt vaak alleen")
	v.tabsTo(`matches('input[value=erbij]')`)
	v.Keys(" ")
	v.tabsTo(`matches('dialog .primary')`)
	v.Keys(kb.Enter)
	v.Sees("signaal 3 over K-003", "Signaal 3: K-003 (zorg · Erbij horen)")
	v.Until(`document.activeElement.id === 'line'`)
}

// visitor is who sits at the browser.
type visitor struct {
	*practicetest.Browser
	t *testing.T
}

// click clicks on the last of these with that text.
func (v visitor) click(css, text string) {
	v.t.Helper()
	v.Click(fmt.Sprintf(`[...document.querySelectorAll(%q)].filter(e => e.textContent.includes(%q) && e.checkVisibility()).pop()`, css, text))
}

// presses clicks on a button of the newest post with that text.
func (v visitor) presses(post, button string) {
	v.t.Helper()
	v.Click(fmt.Sprintf(`[...document.querySelectorAll('article.post')]
		.filter(post => post.innerText.replace(/\s+/g, ' ').includes(%q))
		.flatMap(post => [...post.querySelectorAll('button')])
		.filter(button => button.innerText === %q).pop()`, post, button))
}

// becomes takes another person's place.
func (v visitor) becomes(name string) {
	v.t.Helper()
	v.click("#who summary", "")
	v.click("#who a", name)
	v.isNow(name)
}

func (v visitor) isNow(name string) {
	v.t.Helper()
	v.Until(fmt.Sprintf(`document.readyState === 'complete' && !document.querySelector('#who').open && document.querySelector('#who summary').innerText.includes(%q)`, name))
}

// form waits for a form to be open, and noForm for none.
func (v visitor) form()   { v.t.Helper(); v.Until(`document.querySelector('dialog#form:modal')`) }
func (v visitor) noForm() { v.t.Helper(); v.Until(`!document.querySelector('dialog#form')`) }

// says types a line in the conversation.
func (v visitor) says(line string) {
	v.t.Helper()
	v.click("#line", "")
	v.Keys(line + kb.Enter)
	v.Until(`document.querySelector('#line').value === '' && !document.querySelector('[aria-busy=true]')`)
}

// fills replaces what is in a field.
func (v visitor) fills(css, text string) {
	v.t.Helper()
	v.click(css, "")
	v.Run(`document.activeElement.select()`)
	v.Keys(text)
}

// chooses types the name of an option: a browser without a screen has no list
// to click in.
func (v visitor) chooses(css, option string) {
	v.t.Helper()
	v.Run(fmt.Sprintf(`document.querySelector(%q).focus()`, css))
	v.Keys(option)
	v.Until(fmt.Sprintf(`document.querySelector(%q).selectedOptions[0].innerText === %q`, css, option))
}

// tabsTo goes on by Tab until what has the focus is that.
func (v visitor) tabsTo(is string) {
	v.t.Helper()
	for range 60 {
		v.Keys(kb.Tab)
		if v.Value(`String(!!document.activeElement.`+is+`)`) == "true" {
			return
		}
	}
	v.t.Fatalf("no Tab comes to %s\n%s", is, v.Text())
}

// waitsFor puts the clock forward, each time to what comes next, until that is
// on the page.
func (v visitor) waitsFor(text string) {
	v.t.Helper()
	const clock = `document.querySelector('#clock time').dateTime`
	for range 20 {
		before := v.Value(clock)
		v.click("#clock button", "Naar wat er nu komt")
		v.Until(fmt.Sprintf(clock+` !== %q && !document.querySelector('[aria-busy=true]')`, before))
		if strings.Contains(v.Text(), text) {
			return
		}
	}
	v.t.Fatalf("it never comes: %s\n%s", text, v.Text())
}

// portrait saves a picture of the newest thread, small enough for the README.
func (v visitor) portrait(file string) {
	v.t.Helper()
	v.Do(chromedp.EmulateViewport(1475, 1325, chromedp.EmulateScale(0.8)), chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 0, 0))
	v.Run(`[...document.querySelectorAll('.thread:has(.replies)')].pop().scrollIntoView({behavior: 'instant'})`)
	v.Save(file)
	v.Desktop(1280, 860)
}
