package practice

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axeVersion is the axe-core that the pages are held to.
const axeVersion = "4.14.1"

// missing skips a test for want of a tool, but not where all tools must be.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// axe is the source of axe-core, from node_modules in the test cache.
func axe(t *testing.T) string {
	t.Helper()
	cache := os.Getenv("KANSBOT_TESTCACHE")
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			missing(t, "no cache folder: %v", err)
		}
		cache = filepath.Join(dir, "kansbot-test")
	}
	dir := filepath.Join(cache, "node_modules", "axe-core")
	about, err := os.ReadFile(filepath.Join(dir, "package.json"))
	var is struct{ Version string }
	if err == nil {
		err = json.Unmarshal(about, &is)
	}
	if err != nil || is.Version != axeVersion {
		missing(t, "axe-core %s is not in %s: npm install --prefix %s --no-save --ignore-scripts axe-core@%s", axeVersion, dir, cache, axeVersion)
	}
	source, err := os.ReadFile(filepath.Join(dir, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// browser is a window of Chromium on a room.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string
	axe  string
	out  string
}

func open(t *testing.T, room *Room) *browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed: %v", err)
	}
	b := &browser{t: t, axe: axe(t), out: os.Getenv("KANSBOT_TESTOUT")}
	if b.out == "" {
		b.out = t.TempDir()
	}
	server := httptest.NewServer(room.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	b.base = server.URL

	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.WindowSize(1280, 900))...)
	t.Cleanup(stop)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	b.ctx = b.watch(ctx)
	return b
}

// watch fails the test when the page asks for something elsewhere, breaks its
// own policy, or has an error.
func (b *browser) watch(ctx context.Context) context.Context {
	b.t.Helper()
	if err := chromedp.Do(ctx); err != nil { // opens the window: its context may have no end
		b.t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	b.t.Cleanup(stop)
	var mu sync.Mutex
	var wrong []string
	note := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		wrong = append(wrong, fmt.Sprintf(format, args...))
	}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && u.Scheme != "about" && !strings.HasPrefix(e.Request.URL, b.base) {
				note("request for %s", e.Request.URL)
			}
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError {
				note("log: %s", e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			note("exception: %s", e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, w := range wrong {
			b.t.Error(w)
		}
	})
	return ctx
}

type void = chromedp.Action[chromedp.Void]

func (b *browser) run(actions ...void) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%v\n%s", err, b.text())
	}
}

func (b *browser) text() string {
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	return text
}

func command[P, R any](cmd cdp.Command[P, R], params P) void {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cmd, params)
		return err
	})
}

func (b *browser) visit(seat Seat) {
	b.t.Helper()
	b.run(command(network.Enable, network.EnableParams{}), command(log.Enable, cdp.Empty{}), chromedp.Navigate(b.base+seat.link()), chromedp.WaitVisible(chromedp.CSS("#line")))
}

// until waits for the expression to be true.
func (b *browser) until(js string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Poll[chromedp.Void]("!!("+js+")", chromedp.WithPollingTimeout(10*time.Second))); err != nil {
		state, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.activeElement.outerHTML.slice(0, 300) + ' value ' + document.getElementById('line').value`))
		b.t.Fatalf("never %s: %v\nfocus %s\n%s", js, err, state, b.text())
	}
}

func (b *browser) has(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

func (b *browser) keys(keys string) { b.t.Helper(); b.run(chromedp.KeyEvent(keys)) }

func (b *browser) say(line string) {
	b.t.Helper()
	b.run(chromedp.Focus(chromedp.CSS("#line")), chromedp.SendKeys(chromedp.CSS("#line"), line+kb.Enter))
	b.until(`document.getElementById('line').value === ''`)
}

// press is a click that needs no window in front: Chromium holds back the mouse
// of one that is behind another.
func (b *browser) press(css string) { b.t.Helper(); b.click(css, "") }

// click presses the last of these whose text begins so.
func (b *browser) click(css, text string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll(%q)].filter(b => b.innerText.trim().startsWith(%q)).pop().click()`, css, text)))
}

func (b *browser) picture(name string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](`document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < Infinity).forEach(a => a.finish()); new Promise(requestAnimationFrame)`, chromedp.EvalAwaitPromise))
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.out, "practice-"+name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) scheme(name string) {
	b.t.Helper()
	b.run(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}}))
}

// accessible holds the page as it is now to WCAG 2.2 AA and axe's good
// practice.
func (b *browser) accessible(what string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](b.axe + ";0"))
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}](`axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']}).then(r => r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.map(n => ({HTML: n.html, FailureSummary: n.failureSummary}))})))`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, v := range found {
		for _, n := range v.Nodes {
			b.t.Errorf("%s: %s: %s\n\t%s\n\t%s", what, v.ID, v.Help, n.HTML, n.FailureSummary)
		}
	}
}

var both = []string{"light", "dark"}

func (b *browser) inBoth(what string) {
	b.t.Helper()
	for _, scheme := range both {
		b.scheme(scheme)
		b.picture(what + "-" + scheme)
		b.accessible(what + " in " + scheme)
	}
	b.scheme("light")
}

func TestBrowser(t *testing.T) {
	room, core := rehearse(t, &memory{})
	b := open(t, room)
	anna := Seat{User: "anna", Channel: zwaan}
	b.run(chromedp.EmulateViewport(1280, 860))
	b.visit(anna)
	b.inBoth("first-visit")

	t.Log("the keyboard alone gives a signal")
	b.run(chromedp.Focus(chromedp.CSS("#line")))
	b.keys("/")
	b.until(`document.querySelectorAll('#suggest li:not([hidden])').length === 5`)
	b.keys(kb.ArrowDown)
	b.until(`document.getElementById('line').getAttribute('aria-activedescendant') === 's-signaal'`)
	b.inBoth("suggestions")
	b.keys(kb.Escape)
	b.until(`document.getElementById('suggest').hidden && document.getElementById('line').value === '/'`)
	b.keys("si" + kb.Tab)
	b.until(`document.getElementById('line').value === '/signaal '`)
	b.until(`document.querySelectorAll('#suggest li:not([hidden])').length === 4`)
	b.keys(kb.Enter)
	b.until(`document.querySelector('dialog#form:modal') && document.activeElement.id === 'f-code'`)
	b.inBoth("dialog")
	b.run(chromedp.SendKeys(chromedp.CSS("#f-code"), "K-014"))
	b.click("dialog button", "Op de agenda")
	b.until(`document.activeElement.id === 'f-gezien' && document.getElementById('f-code').value === 'K-014'`)
	b.inBoth("dialog-errors")
	b.keys(kb.Escape)
	b.until(`!document.querySelector('dialog#form')`)
	if f := room.Form("anna"); f != nil {
		t.Error("the room still holds the form that was cancelled")
	}
	b.until(`document.activeElement.id === 'line'`)

	b.keys(kb.ArrowUp)
	b.until(`document.getElementById('line').value === '/signaal '`)
	b.keys(kb.Enter)
	b.until(`document.querySelector('dialog#form:modal')`)
	b.run(chromedp.SendKeys(chromedp.CSS("#f-gezien"), "Begint niet aan een taak als het moeilijk lijkt."))
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('input[value=leren]').click()`))
	b.click("dialog button", "Op de agenda")
	b.has("Dank je wel. Je signaal staat op de agenda")
	b.has("Nieuw signaal K-014")
	b.until(`!document.querySelector('dialog#form') && document.getElementById('live').textContent.includes('Nieuw bericht')`)
	b.click("#welcome button", "Ik weet genoeg")
	b.until(`!document.getElementById('welcome')`)

	t.Log("suggestions of people, a mistake and its corrected line")
	b.run(chromedp.Focus(chromedp.CSS("#line")), chromedp.SendKeys(chromedp.CSS("#line"), "/actie @cj"))
	b.until(`document.querySelectorAll('#suggest li:not([hidden])').length === 1`)
	b.keys(kb.Tab)
	b.until(`document.getElementById('line').value === '/actie @cjg '`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('line').value = ''`))
	b.say("/actie vraagt logopedist om tips voor de klas")
	b.click("button[data-fill]", "Zet in het typvak")
	b.until(`document.getElementById('line').value === '/actie @jgz vraagt logopedist om tips voor de klas'`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('line').value = ''`))
	b.say("/kernteam")
	b.has("Kernteam De Zwaan")
	b.inBoth("answers")

	t.Log("another window hears what comes")
	tab, close := chromedp.NewContext(b.ctx)
	defer close()
	other := *b
	other.ctx = b.watch(tab)
	other.visit(Seat{User: "joris", Channel: zwaan})
	other.say("Ik ben er donderdag bij.")
	b.has("Ik ben er donderdag bij.")
	for i := range 9 {
		b.click("#clock button", "Naar wat er nu komt")
		b.until(`!document.querySelector('#clock [aria-busy]')`)
		if i == 4 {
			b.has("Joris kreeg een bericht van Kansbot")
			b.inBoth("news")
		}
	}
	b.has("vandaag: tips voor de klas")
	other.has("vandaag: tips voor de klas")
	other.until(`document.querySelector('#places .tag')`)
	b.until(`document.querySelector('#clock button[aria-disabled=true]')`)
	b.inBoth("story")

	t.Log("a button changes its post in place")
	other.click(".replies .post:last-of-type button", "Klaar")
	b.has("Klaar, zegt Joris.")
	other.until(`!document.activeElement.matches('body')`)
	other.click(".replies button", "Hulp nodig")
	other.has("De voorzitter weet dat je hulp zoekt")
	other.inBoth("pressed")
	other.visit(Seat{User: "joris"})
	other.has("Jouw afspraak van vandaag")
	other.say("hoi")
	other.has("Dag Joris. Dit kun je hier doen:")
	other.inBoth("direct")

	t.Log("a folded thread stays folded and tells that it went on")
	b.press(".replies summary")
	b.until(`!document.querySelector('.replies').open`)
	if _, err := core.deliver(t.Context(), chatPost("late", "meeting", "Nog een antwoord.")); err != nil {
		t.Fatal(err)
	}
	b.until(`!document.querySelector('.replies').open && document.querySelector('.replies summary .tag')`)
	b.until(`document.querySelector('.pointer .tag')`)

	b.run(command(cdppage.BringToFront, cdp.Empty{}))
	t.Log("the other people, the other theme, the other language, again from the start")
	b.press("#who summary")
	b.until(`document.getElementById('who').open`)
	b.inBoth("people")
	b.keys(kb.Escape)
	b.until(`!document.getElementById('who').open && document.activeElement.closest('#who')`)
	b.press("#clock .again")
	b.until(`document.querySelector('dialog#restart:modal')`)
	b.inBoth("restart")
	b.click("#restart button", "Ja, begin opnieuw")
	b.has("Hier is het nog stil")
	b.until(`!document.querySelector('dialog:modal')`)
	b.press(".to-dark")
	b.until(`document.documentElement.dataset.theme === 'dark' && getComputedStyle(document.body).backgroundColor === 'rgb(17, 25, 27)'`)
	b.press(".to-light")
	b.until(`document.documentElement.dataset.theme === 'light'`)
	b.visit(Seat{User: "anna", Channel: zwaan, Locale: "en"})
	b.has("You are now")
	b.picture("english")
}

func TestBrowserPhone(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	b := open(t, room)
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2)))
	b.visit(Seat{User: "anna", Channel: zwaan})
	b.inBoth("phone-first-visit")
	b.click("#welcome button", "Ik weet genoeg")
	b.until(`!document.getElementById('welcome')`)
	b.press("#who summary")
	b.inBoth("phone-people")
	b.keys(kb.Escape)
	b.say("/signaal begint niet aan een taak als het moeilijk lijkt")
	for range 9 {
		b.click("#clock button", "Naar wat er nu komt")
		b.until(`!document.querySelector('#clock [aria-busy]')`)
	}
	b.has("vandaag: tips voor de klas")
	b.inBoth("phone-story")
	b.run(chromedp.Focus(chromedp.CSS("#line")))
	b.keys("/")
	b.until(`!document.getElementById('suggest').hidden`)
	b.inBoth("phone-suggestions")
	b.keys("signaal" + kb.Enter)
	b.until(`document.querySelector('dialog#form:modal')`)
	b.inBoth("phone-dialog")
	b.keys(kb.Escape)
	b.until(`!document.querySelector('dialog#form')`)

	t.Log("nothing sticks out at the width of a large zoom")
	b.run(chromedp.EmulateViewport(320, 256))
	b.visit(Seat{User: "anna", Channel: zwaan})
	b.until(`document.documentElement.scrollWidth <= 320`)
	b.picture("zoomed")
	b.accessible("zoomed")
}

// TestWithoutScript drives the page with plain forms and links, as it is for a
// browser that has not (yet) loaded the script.
func TestBrowserWithoutScript(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	b := open(t, room)
	b.run(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	b.run(chromedp.Navigate(b.base+Seat{User: "anna", Channel: zwaan}.link()), chromedp.WaitVisible(chromedp.CSS("#line")))
	b.run(chromedp.SendKeys(chromedp.CSS("#line"), "/signaal"), chromedp.Click(chromedp.CSS("#composer .send")), chromedp.WaitVisible(chromedp.CSS("dialog#form")))
	b.run(chromedp.SendKeys(chromedp.CSS("#f-gezien"), "Begint niet."), chromedp.Click(chromedp.CSS("dialog .primary")), chromedp.WaitVisible(chromedp.CSS(".only")))
	if only := room.Only("anna"); len(only) != 1 || !slices.Equal(only[0].Body[0].Text, plainly("Dank je wel. Je signaal staat op de agenda van donderdag 21 januari.")) {
		t.Errorf("Anna sees %+v", only)
	}
}
