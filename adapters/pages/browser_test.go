package pages

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kansbot/adapters/practice/practicetest"
	"kansbot/internal/chat"
)

func browse(t *testing.T, opt Options) (*Server, *practicetest.Browser) {
	t.Helper()
	opt.Now = time.Now
	s, h := site(t, opt)
	return s, shownBy(t, s, h)
}

// shownBy is a browser that h answers.
func shownBy(t *testing.T, s *Server, h http.Handler) *practicetest.Browser {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Sec-Fetch-Site") // as from an old board, or without https
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(s.Close)
	t.Cleanup(server.CloseClientConnections)
	return practicetest.Open(t, server.URL, "pages-")
}

func inBoth(b *practicetest.Browser, what string) {
	for _, scheme := range []string{"light", "dark"} {
		b.Scheme(scheme)
		b.Picture(what + "-" + scheme)
		b.Accessible(what + " in " + scheme)
	}
	b.Scheme("light")
}

func TestBrowserReadsAPage(t *testing.T) {
	evil := agenda()
	evil.Title, evil.Body = hostile, every(hostile+strings.Repeat("x", 200))
	_, b := browse(t, Options{Page: func(_ context.Context, secret string) (chat.Page, error) {
		if secret == opened {
			return evil, nil
		}
		return agenda(), nil
	}})
	for _, size := range []struct {
		name string
		set  func()
	}{{"phone", func() { b.Phone(320, 700) }}, {"desktop", func() { b.Desktop(1280, 1000) }}} {
		size.set()
		b.Go("/pagina/" + key)
		b.Sees("De coördinator heeft ideeën", "Deze link werkt tot woensdag 13 januari 2027 om 16:40.")
		b.Until(`document.documentElement.scrollWidth <= innerWidth`)
		b.Until(`(all => all.length === 7 && all.every(e => e.getClientRects().length === 1))([...document.querySelectorAll('.heel')])`)
		inBoth(b, "page-"+size.name)
	}
	b.Phone(320, 700)
	b.Go("/pagina/" + opened)
	b.Until(`document.documentElement.scrollWidth <= innerWidth`)
	b.Picture("page-hostile")
	b.Go("/pagina/" + key + "/scherm")
	b.Sees("Het scherm bij het Kans!overleg")
	b.Until(`document.documentElement.scrollWidth <= innerWidth`)
	inBoth(b, "door-phone")
}

// While there is no connection nobody can take free text off the wall: it goes
// by itself, and comes back with the connection.
func TestBrowserHidesTextOffline(t *testing.T) {
	sc := talking()
	sc.Text = chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: "Begint niet aan een taak."}}}}
	st := &stage{sc: sc}
	s, h := site(t, Options{Now: time.Now, Screen: st.look})
	reach, cut := context.WithCancel(t.Context())
	again := make(chan struct{})
	b := shownBy(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/pagina/scherm/stroom" {
			if reach.Err() == nil {
				r = r.WithContext(reach)
			} else {
				select {
				case <-again:
				case <-r.Context().Done():
				}
			}
		}
		h.ServeHTTP(w, r)
	}))
	b.Desktop(1280, 800)
	b.Go("/pagina/" + key + "/scherm")
	b.Click(`document.querySelector('button')`)
	b.Sees("Begint niet aan een taak")
	st.titled("Het scherm luistert", nil)
	s.Wake()
	b.Sees("Het scherm luistert")
	cut()
	b.Sees("Even geen verbinding")
	b.Until(`!document.body.innerText.includes('Begint niet aan een taak')`)
	b.Sees("K-014 · leren, spelen")
	close(again)
	b.Sees("Begint niet aan een taak")
}

// The same when a network goes silent, as of a laptop that sleeps: nothing ends,
// and nothing comes.
func TestBrowserHidesTextInSilence(t *testing.T) {
	sc := talking()
	sc.Text = chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: "Begint niet aan een taak."}}}}
	st := &stage{sc: sc}
	s, h := site(t, Options{Now: time.Now, Screen: st.look})
	silent, again := make(chan struct{}), make(chan struct{})
	b := shownBy(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/pagina/scherm/stroom" {
			select {
			case <-silent:
				select {
				case <-again:
				case <-r.Context().Done():
				}
			default:
			}
		}
		h.ServeHTTP(w, r)
	}))
	b.Desktop(1280, 800)
	b.Go("/pagina/" + key + "/scherm")
	b.Click(`document.querySelector('button')`)
	b.Sees("Begint niet aan een taak")
	st.titled("Het scherm luistert", nil)
	s.Wake()
	b.Sees("Het scherm luistert")
	close(silent)
	b.Run(`(now => { Date.now = () => now.call(Date) + 46000; })(Date.now)`)
	b.Sees("Even geen verbinding")
	b.Until(`!document.body.innerText.includes('Begint niet aan een taak')`)
	close(again)
	b.Sees("Begint niet aan een taak")
	b.Until(`!document.body.innerText.includes('Even geen verbinding')`)
}

// A text of a size that nobody expects leaves the rest of the screen as it is.
func TestBrowserShowsALongText(t *testing.T) {
	sc := talking()
	sc.Since, sc.Ends = time.Now(), time.Now().Add(12*time.Minute)
	item := []chat.Span{{Style: chat.Bold, Text: "Wat zien we: "}, {Text: strings.Repeat("woorden over het kind ", 13)}}
	sc.Text = chat.Message{{Kind: chat.Bullets, Items: [][]chat.Span{item, item, item, item, item, item, item}}}
	st := &stage{sc: sc}
	_, b := browse(t, Options{Screen: st.look})
	for _, size := range [][2]int64{{1366, 768}, {1920, 1080}} {
		b.Desktop(size[0], size[1])
		b.Go("/pagina/" + key + "/scherm")
		b.Click(`document.querySelector('button')`)
		b.Sees("woorden over")
		b.Until(`document.documentElement.scrollHeight <= innerHeight`)
		b.Until(`[...document.querySelectorAll('.afspraken li')].every(e => !e.hidden) && document.querySelector('.klok').getBoundingClientRect().bottom <= innerHeight`)
		b.Until(`document.querySelector('.woorden').offsetHeight > innerHeight / 4`)
		inBoth(b, "screen-long")
	}
}

// What guides the room through a point is read from the back of it, also beside
// many agreements.
func TestBrowserShowsTheQuestions(t *testing.T) {
	bold := func(s string) chat.Span { return chat.Span{Style: chat.Bold, Text: s} }
	sc := talking()
	sc.Since, sc.Ends = time.Now().Add(-4*time.Minute), time.Now().Add(19*time.Minute)
	sc.Now = chat.Message{
		{Kind: chat.Text, Text: []chat.Span{bold("K-014"), {Text: " (zorg · Leren en groeien · Erbij horen · graag eerder) (23 min)"}}},
		{Kind: chat.Numbers, Items: [][]chat.Span{
			{{Text: "Wat zien we?"}, bold(" ✓")}, {{Text: "Wat helpt al?"}, bold(" ✓")}, {{Text: "Wat is nodig?"}, bold(" ✓")},
			{{Text: "Welk doel?"}, bold(" ✓"), {Text: " Doel gezet, schaal 4, evaluatie do 4 mrt"}}, {{Text: "Wie doet wat, wanneer?"}}}},
	}
	st := &stage{sc: sc}
	_, b := browse(t, Options{Screen: st.look})
	least := .0175 // of the width
	show := func(what string) {
		t.Helper()
		for _, size := range [][2]int64{{1366, 768}, {1920, 1080}} {
			b.Desktop(size[0], size[1])
			b.Go("/pagina/" + key + "/scherm")
			b.Click(`document.querySelector('button')`)
			b.Until(`document.querySelector('.rest').textContent`)
			b.Until(`document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight`)
			b.Until(fmt.Sprintf(`[...document.querySelectorAll('.nu .tekst :is(p, li)')].every(e => parseFloat(getComputedStyle(e).fontSize) >= innerWidth * %g)`, least))
			inBoth(b, fmt.Sprint(what, "-", size[0]))
		}
	}
	show("screen-questions")
	st.set(func(sc *chat.Screen) {
		sc.Agreements = slices.Clone(sc.Agreements)
		sc.Agreements[0].Items = slices.Repeat(sc.Agreements[0].Items, 4)
	})
	show("screen-questions-full")
	st.set(func(sc *chat.Screen) {
		sc.Text = chat.Message{{Kind: chat.Bullets, Items: [][]chat.Span{
			{bold("Wat zien we: "), {Text: "begint niet aan een taak als het moeilijk lijkt, en wel als het in stapjes gaat"}},
			{bold("Wat helpt al: "), {Text: "samen de eerste som maken"}}, {bold("Wat is nodig: "), {Text: "iemand die even naast hem zit"}},
		}}}
	})
	least = .012
	show("screen-questions-text")
	least = .0175
	st.set(func(sc *chat.Screen) {
		sc.Text, sc.Agreements = nil, nil
		sc.Now = chat.Message{
			{Kind: chat.Text, Text: []chat.Span{{Text: "Welkom, rollen en onze privacyafspraak (3 min)"}}},
			{Kind: chat.Text, Text: []chat.Span{{Text: "Voorzitter: Anna de Groot. Notulist: Bram Visser."}}},
			{Kind: chat.Text, Text: []chat.Span{bold("Onze privacyafspraak:"), {Text: " we gebruiken alleen codes en noemen geen kind of ouder bij naam. Wat hier gezegd wordt, blijft hier. Zo kan iedereen vrij meedenken."}}},
		}
	})
	show("screen-welcome")
	st.set(func(sc *chat.Screen) {
		sc.Now = chat.Message{
			{Kind: chat.Text, Text: []chat.Span{bold("Evaluatie K-014"), {Text: " (5 min)"}}},
			{Kind: chat.Text, Text: []chat.Span{{Text: "Bij de start: schaal 4."}}},
			{Kind: chat.Text, Text: []chat.Span{{Text: "Is het doel dichterbij? Wat hielp?"}}},
		}
	})
	show("screen-evaluation")
}

func TestBrowserShowsTheMeeting(t *testing.T) {
	st := &stage{sc: talking()}
	st.set(func(sc *chat.Screen) {
		sc.Since, sc.Ends = time.Now().Add(-4*time.Minute), time.Now().Add(8*time.Minute)
	})
	s, b := browse(t, Options{Screen: st.look})
	inSight := func(what string) {
		b.Until(`document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight`)
		inBoth(b, what)
	}
	b.Desktop(1920, 1080)
	b.Go("/pagina/" + key + "/scherm")
	b.Click(`document.querySelector('button')`)
	b.Until(`location.pathname === '/pagina/scherm'`)
	b.Sees("K-014 · leren, spelen", "nog 7:")
	b.Until(`parseFloat(getComputedStyle(document.querySelector('.afspraken li')).fontSize) > 38`)
	left := b.Value(`document.querySelector('.rest').textContent`)
	b.Until(`document.querySelector('.rest').textContent !== '` + left + `'`)
	inSight("screen")

	b.Run(`window.before = document.body`)
	st.set(func(sc *chat.Screen) {
		sc.Text = chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: "Begint wel als het in stapjes gaat, en als iemand naast hem zit."}}}}
	})
	s.Wake()
	b.Sees("Begint wel als het in stapjes gaat")
	b.Until(`window.before === document.body`) // the page was not loaded again
	inSight("screen-text")

	st.set(func(sc *chat.Screen) { sc.Ends = time.Now().Add(-80 * time.Second) })
	s.Wake()
	b.Sees("1:2", "over de tijd")
	b.Until(`document.querySelector('.klok.laat')`)
	inSight("screen-late")

	st.set(func(sc *chat.Screen) {
		item := sc.Agreements[0].Items
		for range 4 {
			sc.Agreements[0].Items = append(sc.Agreements[0].Items, item...)
		}
	})
	s.Wake()
	b.Until(`document.querySelectorAll('.afspraken li').length === 10`)
	b.Until(`!document.querySelector('.meer').hidden && !document.querySelector('.afspraken li:last-child').hidden`)
	b.Until(`parseFloat(getComputedStyle(document.querySelector('.afspraken li')).fontSize) > 33`)
	inSight("screen-full")

	st.set(func(sc *chat.Screen) {
		sc.Text, sc.Now, sc.Agreements, sc.Ends, sc.Lang = nil, nil, nil, time.Time{}, "en"
	})
	s.Wake()
	b.Sees("We will go on in a moment.")
	inSight("screen-pause")

	other := b.Another()
	other.Phone(320, 700)
	other.Go("/pagina/scherm")
	other.Until(`document.documentElement.scrollWidth <= innerWidth`)
	other.Picture("screen-phone")

	st.set(func(sc *chat.Screen) { *sc = talking(); sc.Over = true })
	s.Wake()
	b.Sees("Dit Kans!overleg is afgerond", "belt het wijkteam")
	inSight("screen-over")
}
