// Package practicetest gives tests a browser to look at the practice room with:
// headless Chromium, and axe-core to hold what it shows to the rules for
// accessibility.
//
// A browser works in real time, so what waits here asks again and again, with a
// deadline that only a failing test reaches.
package practicetest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axeVersion is the axe-core that the pages are held to.
const axeVersion = "4.14.1"

const (
	patience = 15 * time.Second // with one thing on the page
	lifetime = 3 * time.Minute  // of a browser
)

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
	cache := os.Getenv("KANSTEST_CACHE")
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

// Browser is a window of Chromium on a room. What goes wrong in it fails the
// test.
type Browser struct {
	Context context.Context // for chromedp

	t      *testing.T
	base   string
	axe    string
	prefix string
	touch  bool
}

// Open opens a browser for the room at base, "http://127.0.0.1:8080". Pictures
// go into the folder KANSTEST_OUT, with names that begin with prefix.
//
// Nothing moves in this browser, as for people who asked for that.
func Open(t *testing.T, base, prefix string) *Browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed: %v", err)
	}
	out := cmp.Or(os.Getenv("KANSTEST_OUT"), t.TempDir())
	b := &Browser{t: t, base: base, axe: axe(t), prefix: filepath.Join(out, prefix)}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.WindowSize(1280, 900))...)
	t.Cleanup(stop)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	b.begin(ctx)
	t.Cleanup(func() {
		if t.Failed() {
			b.Picture("failed")
		}
	})
	return b
}

// Another opens another window on the same room.
func (b *Browser) Another() *Browser {
	b.t.Helper()
	ctx, stop := chromedp.NewContext(b.Context)
	b.t.Cleanup(stop)
	other := *b
	other.begin(ctx)
	return &other
}

func (b *Browser) begin(ctx context.Context) {
	b.t.Helper()
	if err := chromedp.Do(ctx); err != nil { // opens the window: its context may have no end
		b.t.Fatal(err)
	}
	var stop context.CancelFunc
	b.Context, stop = context.WithTimeout(ctx, lifetime)
	b.t.Cleanup(stop)
	b.watch()
	b.Do(Call(network.Enable, network.EnableParams{}), Call(log.Enable, cdp.Empty{}))
	b.Scheme("light")
}

// watch fails the test when the page asks for something elsewhere, breaks its
// own policy, or has an error.
func (b *Browser) watch() {
	b.t.Helper()
	var mu sync.Mutex
	var wrong []string
	note := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		wrong = append(wrong, fmt.Sprintf(format, args...))
	}
	err := chromedp.Listen(b.Context, func(event any) {
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
}

// Step is something to do in the browser.
type Step = chromedp.Action[chromedp.Void]

// Call is the step of one command of the DevTools.
func Call[P, R any](cmd cdp.Command[P, R], params P) Step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cmd, params)
		return err
	})
}

func (b *Browser) Do(steps ...Step) {
	b.t.Helper()
	if err := chromedp.Do(b.Context, steps...); err != nil {
		b.t.Fatalf("%v\n%s", err, b.Text())
	}
}

// Go loads the page at that path.
func (b *Browser) Go(path string) { b.t.Helper(); b.Do(chromedp.Navigate(b.base + path)) }

// Run runs a script.
func (b *Browser) Run(js string) { b.t.Helper(); b.Do(chromedp.Evaluate[chromedp.Void](js)) }

// Value is what an expression gives.
func (b *Browser) Value(js string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.Context, chromedp.Evaluate[string](js))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// Text is what there is to read, all white space single.
func (b *Browser) Text() string {
	text, _ := chromedp.Run(b.Context, chromedp.Evaluate[string](`document.body.innerText`))
	return strings.Join(strings.Fields(text), " ")
}

// Until waits for the expression to hold, also when another page comes.
func (b *Browser) Until(js string) {
	b.t.Helper()
	until(b, js, "!!("+js+")", func(holds bool) bool { return holds })
}

func until[T any](b *Browser, what, js string, ok func(T) bool) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.Context, patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
		if err == nil && ok(got) {
			return got
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			focus, _ := chromedp.Run(b.Context, chromedp.Evaluate[string](`document.activeElement.outerHTML.slice(0, 300)`))
			b.t.Fatalf("never %s: %v\nfocus on %s\n%s", what, err, focus, b.Text())
		}
	}
}

// Sees waits for each of the texts to be on the page.
func (b *Browser) Sees(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		b.Until(fmt.Sprintf(`document.body.innerText.replace(/\s+/g, ' ').includes(%q)`, text))
	}
}

// SeesNot fails the test when one of the texts is on the page.
func (b *Browser) SeesNot(texts ...string) {
	b.t.Helper()
	page := b.Text()
	for _, text := range texts {
		if strings.Contains(page, text) {
			b.t.Errorf("on the page: %s", text)
		}
	}
}

// Keys presses keys, as a keyboard does: a key that the page takes for itself
// does not give its character too.
func (b *Browser) Keys(keys string) {
	b.t.Helper()
	b.Do(chromedp.KeyEvent(keys, func(p *input.DispatchKeyEventParams) {
		if p.Type == input.DispatchKeyEventTypeKeyDown {
			p.Type = input.DispatchKeyEventTypeRawKeyDown
		}
	}))
}

// Click clicks on what an expression gives, or taps on a phone, once the page is
// complete and nothing covers it. The window must be in front.
func (b *Browser) Click(element string) {
	b.t.Helper()
	aim := `(() => {
		const e = document.readyState === 'complete' && ` + element + `;
		const middle = () => { const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; };
		const free = () => e.contains(document.elementFromPoint(...middle()));
		if (e && !free()) e.scrollIntoView({block: 'center', behavior: 'instant'});
		if (!e || !free()) return [];
		window.aimed = true;
		e.addEventListener('click', () => window.aimed = false, {capture: true, once: true});
		return middle();
	})()`
	for missed := true; missed; { // the page may have moved under the pointer
		at := until(b, "to be clicked: "+element, aim, func(at []float64) bool { return len(at) == 2 })
		if b.touch {
			b.Do(chromedp.TapXY(at[0], at[1]))
		} else {
			b.Do(chromedp.MouseClickXY(at[0], at[1]))
		}
		missed = until(b, "a page", `!!window.aimed`, func(bool) bool { return true })
	}
}

// Desktop and Phone give the window the size of one, in the pixels of CSS.
func (b *Browser) Desktop(width, height int64) {
	b.t.Helper()
	b.touch = false
	b.Do(chromedp.EmulateViewport(width, height))
}

func (b *Browser) Phone(width, height int64) {
	b.t.Helper()
	b.touch = true
	b.Do(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// Scheme is "light" or "dark": what the system prefers.
func (b *Browser) Scheme(name string) {
	b.t.Helper()
	b.Do(Call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}))
}

// settle ends what still changes colour, and waits for it to be drawn.
func (b *Browser) settle() {
	b.t.Helper()
	b.Do(chromedp.Evaluate[chromedp.Void](`document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < Infinity).forEach(a => a.finish()); new Promise(requestAnimationFrame)`, chromedp.EvalAwaitPromise))
}

// Picture saves what the window shows.
func (b *Browser) Picture(name string) { b.t.Helper(); b.Save(b.prefix + name + ".png") }

// Save saves what the window shows in that file, as PNG.
func (b *Browser) Save(file string) {
	b.t.Helper()
	b.settle()
	png, err := chromedp.Run(b.Context, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// Accessible holds the page as it is now to WCAG 2.2 AA and axe's good
// practice.
func (b *Browser) Accessible(what string) {
	b.t.Helper()
	b.settle()
	b.Run(b.axe + ";0")
	found, err := chromedp.Run(b.Context, chromedp.Evaluate[[]string](`axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']})
		.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + v.help + '\n\t' + n.html + '\n\t' + n.failureSummary)))`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, violation := range found {
		b.t.Errorf("%s: %s", what, violation)
	}
}
