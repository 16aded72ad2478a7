package practice

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"kansbot/adapters/practice/practicetest"
)

// browser is at the pages of one room.
type browser struct {
	*practicetest.Browser
	t *testing.T
}

func open(t *testing.T, room *Room) browser {
	t.Helper()
	server := httptest.NewServer(room.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return browser{practicetest.Open(t, server.URL, "practice-"), t}
}

func (b browser) visit(seat Seat) {
	b.t.Helper()
	b.Go(seat.link())
	b.Until(`document.readyState === 'complete'`)
}

func (b browser) say(line string) {
	b.t.Helper()
	b.Do(chromedp.Focus(chromedp.CSS("#line")), chromedp.SendKeys(chromedp.CSS("#line"), line+kb.Enter))
	b.Until(`document.getElementById('line').value === ''`)
}

// press is a click that needs no window in front: Chromium holds back the mouse
// of one that is behind another.
func (b browser) press(css string) { b.t.Helper(); b.click(css, "") }

// click presses the last of these whose text begins so.
func (b browser) click(css, text string) {
	b.t.Helper()
	b.Run(fmt.Sprintf(`[...document.querySelectorAll(%q)].filter(b => b.innerText.trim().startsWith(%q)).pop().click()`, css, text))
}

var both = []string{"light", "dark"}

func (b browser) inBoth(what string) {
	b.t.Helper()
	for _, scheme := range both {
		b.Scheme(scheme)
		b.Picture(what + "-" + scheme)
		b.Accessible(what + " in " + scheme)
	}
	b.Scheme("light")
}

func TestBrowser(t *testing.T) {
	room, core := rehearse(t, &memory{})
	b := open(t, room)
	anna := Seat{User: "anna", Channel: zwaan}
	b.Desktop(1280, 860)
	b.visit(anna)
	b.inBoth("first-visit")

	t.Log("the keyboard alone gives a signal")
	b.Do(chromedp.Focus(chromedp.CSS("#line")))
	b.Keys("/")
	b.Until(`document.querySelectorAll('#suggest li:not([hidden])').length === 5`)
	b.Keys(kb.ArrowDown)
	b.Until(`document.getElementById('line').getAttribute('aria-activedescendant') === 's-signaal'`)
	b.inBoth("suggestions")
	b.Keys(kb.Escape)
	b.Until(`document.getElementById('suggest').hidden && document.getElementById('line').value === '/'`)
	b.Keys("si" + kb.Tab)
	b.Until(`document.getElementById('line').value === '/signaal '`)
	b.Until(`document.querySelectorAll('#suggest li:not([hidden])').length === 4`)
	b.Keys(kb.Enter)
	b.Until(`document.querySelector('dialog#form:modal') && document.activeElement.id === 'f-code'`)
	b.inBoth("dialog")
	b.Do(chromedp.SendKeys(chromedp.CSS("#f-code"), "K-014"))
	b.click("dialog button", "Op de agenda")
	b.Until(`document.activeElement.id === 'f-gezien' && document.getElementById('f-code').value === 'K-014'`)
	b.inBoth("dialog-errors")
	b.Keys(kb.Escape)
	b.Until(`!document.querySelector('dialog#form')`)
	if f := room.Form("anna"); f != nil {
		t.Error("the room still holds the form that was cancelled")
	}
	b.Until(`document.activeElement.id === 'line'`)

	b.Keys(kb.ArrowUp)
	b.Until(`document.getElementById('line').value === '/signaal '`)
	b.Keys(kb.Enter)
	b.Until(`document.querySelector('dialog#form:modal')`)
	b.Do(chromedp.SendKeys(chromedp.CSS("#f-gezien"), "Begint niet aan een taak als het moeilijk lijkt."))
	b.Run(`document.querySelector('input[value=leren]').click()`)
	b.click("dialog button", "Op de agenda")
	b.Sees("Dank je wel. Je signaal staat op de agenda")
	b.Sees("Nieuw signaal K-014")
	b.Until(`!document.querySelector('dialog#form') && document.getElementById('live').textContent.includes('Nieuw bericht')`)
	b.click("#welcome button", "Ik weet genoeg")
	b.Until(`!document.getElementById('welcome')`)

	t.Log("suggestions of people, a mistake and its corrected line")
	b.Do(chromedp.Focus(chromedp.CSS("#line")), chromedp.SendKeys(chromedp.CSS("#line"), "/actie @cj"))
	b.Until(`document.querySelectorAll('#suggest li:not([hidden])').length === 1`)
	b.Keys(kb.Tab)
	b.Until(`document.getElementById('line').value === '/actie @cjg '`)
	b.Run(`document.getElementById('line').value = ''`)
	b.say("/actie vraagt logopedist om tips voor de klas")
	b.click("button[data-fill]", "Zet in het typvak")
	b.Until(`document.getElementById('line').value === '/actie @jgz vraagt logopedist om tips voor de klas'`)
	b.Run(`document.getElementById('line').value = ''`)
	b.say("/kernteam")
	b.Sees("Kernteam De Zwaan")
	b.inBoth("answers")

	t.Log("another window hears what comes")
	other := browser{b.Another(), t}
	other.visit(Seat{User: "joris", Channel: zwaan})
	other.say("Ik ben er donderdag bij.")
	b.Sees("Ik ben er donderdag bij.")
	for i := range 9 {
		b.click("#clock button", "Naar wat er nu komt")
		b.Until(`!document.querySelector('#clock [aria-busy]')`)
		if i == 4 {
			b.Sees("Joris kreeg een bericht van Kansbot")
			b.inBoth("news")
		}
	}
	b.Sees("vandaag: tips voor de klas")
	other.Sees("vandaag: tips voor de klas")
	other.Until(`document.querySelector('#places .tag')`)
	b.Until(`document.querySelector('#clock button[aria-disabled=true]')`)
	b.inBoth("story")

	t.Log("a button changes its post in place")
	other.click(".replies .post:last-of-type button", "Klaar")
	b.Sees("Klaar, zegt Joris.")
	other.Until(`!document.activeElement.matches('body')`)
	other.click(".replies button", "Hulp nodig")
	other.Sees("De voorzitter weet dat je hulp zoekt")
	other.inBoth("pressed")
	other.visit(Seat{User: "joris"})
	other.Sees("Jouw afspraak van vandaag")
	other.say("hoi")
	other.Sees("Dag Joris. Dit kun je hier doen:")
	other.inBoth("direct")

	t.Log("a folded thread stays folded and tells that it went on")
	b.press(".replies summary")
	b.Until(`!document.querySelector('.replies').open`)
	if _, err := core.deliver(t.Context(), chatPost("late", "meeting", "Nog een antwoord.")); err != nil {
		t.Fatal(err)
	}
	b.Until(`!document.querySelector('.replies').open && document.querySelector('.replies summary .tag')`)
	b.Until(`document.querySelector('.pointer .tag')`)

	b.Do(practicetest.Call(cdppage.BringToFront, cdp.Empty{}))
	t.Log("the other people, the other theme, the other language, again from the start")
	b.press("#who summary")
	b.Until(`document.getElementById('who').open`)
	b.inBoth("people")
	b.Keys(kb.Escape)
	b.Until(`!document.getElementById('who').open && document.activeElement.closest('#who')`)
	b.press("#clock .again")
	b.Until(`document.querySelector('dialog#restart:modal')`)
	b.inBoth("restart")
	b.click("#restart button", "Ja, begin opnieuw")
	b.Sees("Hier is het nog stil")
	b.Until(`!document.querySelector('dialog:modal')`)
	b.press(".to-dark")
	b.Until(`document.documentElement.dataset.theme === 'dark' && getComputedStyle(document.body).backgroundColor === 'rgb(17, 25, 27)'`)
	b.press(".to-light")
	b.Until(`document.documentElement.dataset.theme === 'light'`)
	b.visit(Seat{User: "anna", Channel: zwaan, Locale: "en"})
	b.Sees("You are now")
	b.Picture("english")
}

func TestBrowserPhone(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	b := open(t, room)
	b.Phone(390, 844)
	b.visit(Seat{User: "anna", Channel: zwaan})
	b.inBoth("phone-first-visit")
	b.click("#welcome button", "Ik weet genoeg")
	b.Until(`!document.getElementById('welcome')`)
	b.press("#who summary")
	b.inBoth("phone-people")
	b.Keys(kb.Escape)
	b.say("/signaal begint niet aan een taak als het moeilijk lijkt")
	for range 9 {
		b.click("#clock button", "Naar wat er nu komt")
		b.Until(`!document.querySelector('#clock [aria-busy]')`)
	}
	b.Sees("vandaag: tips voor de klas")
	b.inBoth("phone-story")
	b.Do(chromedp.Focus(chromedp.CSS("#line")))
	b.Keys("/")
	b.Until(`!document.getElementById('suggest').hidden`)
	b.inBoth("phone-suggestions")
	b.Keys("signaal" + kb.Enter)
	b.Until(`document.querySelector('dialog#form:modal')`)
	b.inBoth("phone-dialog")
	b.Keys(kb.Escape)
	b.Until(`!document.querySelector('dialog#form')`)

	t.Log("nothing sticks out at the width of a large zoom")
	b.Desktop(320, 256)
	b.visit(Seat{User: "anna", Channel: zwaan})
	b.Until(`document.documentElement.scrollWidth <= 320`)
	b.Picture("zoomed")
	b.Accessible("zoomed")
}

// TestBrowserWithoutScript drives the page with plain forms and links, as it is for a
// browser that has not (yet) loaded the script.
func TestBrowserWithoutScript(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	b := open(t, room)
	b.Do(practicetest.Call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	b.visit(Seat{User: "anna", Channel: zwaan})
	b.Do(chromedp.SendKeys(chromedp.CSS("#line"), "/signaal"), chromedp.Click(chromedp.CSS("#composer .send")), chromedp.WaitVisible(chromedp.CSS("dialog#form")))
	b.Do(chromedp.SendKeys(chromedp.CSS("#f-gezien"), "Begint niet."), chromedp.Click(chromedp.CSS("dialog .primary")), chromedp.WaitVisible(chromedp.CSS(".only")))
	if only := room.Only("anna"); len(only) != 1 || !slices.Equal(only[0].Body[0].Text, plainly("Dank je wel. Je signaal staat op de agenda van donderdag 21 januari.")) {
		t.Errorf("Anna sees %+v", only)
	}
}
