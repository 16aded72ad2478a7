package pages

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kansbot/internal/chat"
)

// stage is a screen that tests change, by set alone: a page left open looks on.
type stage struct {
	mu    sync.Mutex
	sc    chat.Screen
	err   error
	looks atomic.Int32
}

func (s *stage) look(ctx context.Context, session string) (chat.Screen, error) {
	s.looks.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sc, s.err
}

func (s *stage) set(change func(*chat.Screen)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.sc)
}

func (s *stage) titled(title string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sc.Title, s.err = title, err
}

// wire is a server on a network within a synctest bubble, with the time-outs
// of the real one.
type wire struct {
	conns  chan net.Conn
	server *http.Server
}

func dial(t *testing.T, h http.Handler) wire {
	t.Helper()
	w := wire{make(chan net.Conn), &http.Server{Handler: h, ReadTimeout: 15 * time.Second, WriteTimeout: 75 * time.Second}}
	go w.server.Serve(w)
	t.Cleanup(func() { w.server.Close() })
	return w
}

func (w wire) Accept() (net.Conn, error) {
	c, more := <-w.conns
	if !more {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (w wire) Close() error   { close(w.conns); return nil }
func (w wire) Addr() net.Addr { return &net.TCPAddr{} }

// watcher reads a stream.
type watcher struct {
	net.Conn
	status int
	header http.Header
	lines  *bufio.Reader
}

func (w wire) watch(t *testing.T, session string) *watcher {
	t.Helper()
	here, there := net.Pipe()
	w.conns <- there
	t.Cleanup(func() { here.Close() })
	fmt.Fprintf(here, "GET /pagina/scherm/stroom HTTP/1.1\r\nHost: x\r\nCookie: kansbot-scherm=%s\r\n\r\n", session)
	resp, err := http.ReadResponse(bufio.NewReader(here), nil)
	ok(t, err)
	return &watcher{here, resp.StatusCode, resp.Header, bufio.NewReader(resp.Body)}
}

// event is the next thing that comes: "klok", "stand TITLE", "einde", or "" at
// the end.
func (w *watcher) event() string {
	name, title := "", ""
	for {
		line, err := w.lines.ReadString('\n')
		if err != nil {
			return ""
		}
		line = strings.TrimRight(line, "\n")
		if is, ok := strings.CutPrefix(line, "event: "); ok {
			name = is
		}
		if strings.Contains(line, "<h1") {
			title = " " + strings.Trim(strings.NewReplacer("data: ", "", "<h1>", "", `<h1 class="groot">`, "", "</h1>", "").Replace(line), " ")
		}
		if line == "" && name != "" {
			return name + title
		}
	}
}

func (w *watcher) sees(t *testing.T, want ...string) {
	t.Helper()
	for _, want := range want {
		if got := w.event(); got != want {
			t.Fatalf("saw %q, not %q", got, want)
		}
	}
}

func TestScreenIsLookedAtOnceForAllWhoWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		st.titled("een", nil)
		s, h := site(t, Options{Screen: st.look, Now: time.Now})
		net := dial(t, h)
		var all []*watcher
		for range 50 {
			w := net.watch(t, opened)
			w.sees(t, "klok", "stand een")
			all = append(all, w)
		}
		time.Sleep(rest)
		if n := st.looks.Load(); n != 2 { // before it is watched, and then
			t.Errorf("looked %d times", n)
		}
		st.titled("twee", nil)
		s.Wake()
		for _, w := range all {
			w.sees(t, "klok", "stand twee")
		}
		if n := st.looks.Load(); n != 3 {
			t.Errorf("looked %d times", n)
		}
		time.Sleep(rest)
		s.Wake()
		synctest.Wait()
		if n := st.looks.Load(); n != 4 {
			t.Errorf("looked %d times", n)
		}
		for range 2 {
			for _, w := range all {
				w.sees(t, "klok") // and not what it has already
			}
		}
		for _, w := range all {
			w.Close()
		}
		synctest.Wait()
		if len(s.lives) != 0 || s.watchers != 0 {
			t.Errorf("%d screens, %d watchers when all had left", len(s.lives), s.watchers)
		}
	})
}

func TestManyChangesAreFewLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		s, h := site(t, Options{Screen: st.look, Now: time.Now})
		w := dial(t, h).watch(t, opened)
		go io.Copy(io.Discard, w)
		for range 1000 { // 10 seconds
			time.Sleep(10 * time.Millisecond)
			st.titled(time.Now().String(), nil)
			s.Wake()
		}
		if n := st.looks.Load(); n < 45 || n > 52 {
			t.Errorf("looked %d times in ten seconds", n)
		}
	})
}

func TestStreamOutlivesTheServersPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		st.titled("een", nil)
		s, h := site(t, Options{Screen: st.look, Now: time.Now})
		w := dial(t, h).watch(t, opened)
		w.sees(t, "klok", "stand een")
		began := time.Now()
		for range 30 {
			w.sees(t, "klok")
		}
		if took := time.Since(began); took != 30*heartbeat {
			t.Errorf("30 heartbeats in %v", took)
		}
		st.titled("twee", nil)
		s.Wake()
		w.sees(t, "klok", "stand twee")
	})
}

func TestScreenThatRunsOutWithoutAWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		st.titled("een", nil)
		_, h := site(t, Options{Screen: st.look, Now: time.Now})
		w := dial(t, h).watch(t, opened)
		w.sees(t, "klok", "stand een")
		synctest.Wait() // until it rests
		st.titled("", chat.ErrGone)
		w.sees(t, "klok", "klok", "klok", "klok", "stand Dit scherm is gesloten", "einde", "")
	})
}

func TestScreenEndsWithTheMeeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		st.titled("een", nil)
		s, h := site(t, Options{Screen: st.look, Now: time.Now})
		net := dial(t, h)
		w := net.watch(t, opened)
		w.sees(t, "klok", "stand een")
		st.set(func(sc *chat.Screen) { sc.Over = true })
		time.Sleep(rest)
		s.Wake()
		w.sees(t, "klok", "stand een")
		late := net.watch(t, opened)
		late.sees(t, "klok", "stand een")
		late.Close()
		st.titled("", chat.ErrGone) // the minutes to read are over
		w.sees(t, "klok", "klok", "klok", "klok", "stand Dit scherm is gesloten", "einde", "")
	})
}

func TestScreenStaysWhenAQuestionFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		st.titled("een", nil)
		s, h := site(t, Options{Screen: st.look, Now: time.Now})
		w := dial(t, h).watch(t, opened)
		w.sees(t, "klok", "stand een")
		st.titled("", io.ErrUnexpectedEOF)
		time.Sleep(rest)
		s.Wake()
		w.sees(t, "klok")
		st.titled("twee", nil)
		s.Wake()
		w.sees(t, "klok", "stand twee")
	})
}

// A rehearsal puts the clock forward: what counts down has to know.
func TestClockThatIsPutForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		st.titled("een", nil)
		var ahead atomic.Int64
		s, h := site(t, Options{Screen: st.look, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
		w := dial(t, h).watch(t, opened)
		w.sees(t, "klok", "stand een")
		time.Sleep(rest)
		ahead.Store(int64(time.Hour))
		s.Wake()
		w.sees(t, "klok", "stand een")
	})
}

func TestSlowWatcherHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		st.titled("0", nil)
		s, h := site(t, Options{Screen: st.look, Now: time.Now})
		net := dial(t, h)
		slow, quick := net.watch(t, opened), net.watch(t, opened)
		quick.sees(t, "klok", "stand 0")
		for i := 1; i <= 20; i++ {
			time.Sleep(rest)
			st.titled(fmt.Sprint(i), nil)
			s.Wake()
			quick.sees(t, "klok", fmt.Sprint("stand ", i))
		}
		got := 1 // what was on its way, and then the newest
		for e := slow.event(); e != "stand 20"; e = slow.event() {
			if e != "klok" {
				got++
			}
		}
		if got > 3 {
			t.Errorf("the slow one got %d states of 21", got)
		}

		st.titled("21", nil)
		s.Wake()
		quick.sees(t, "klok", "stand 21")
		go io.Copy(io.Discard, quick)
		time.Sleep(2 * patience) // slow does not take it, and is let go
		synctest.Wait()
		if s.watchers != 1 {
			t.Errorf("%d watchers", s.watchers)
		}
	})
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		s, h := site(t, Options{Screen: st.look, Now: time.Now})
		net := dial(t, h)
		for range mostEach {
			s.watch(t.Context(), opened)
		}
		full := net.watch(t, opened)
		if full.status != 503 || full.header.Get("Retry-After") == "" {
			t.Errorf("%d %v", full.status, full.header)
		}
		if other := net.watch(t, key); other.status != 200 {
			t.Errorf("another screen: %d", other.status)
		}
		for i := range mostAll {
			s.watch(t.Context(), fmt.Sprintf("%064x", i/mostEach))
		}
		if other := net.watch(t, key); other.status != 503 {
			t.Errorf("one more in all: %d", other.status)
		}
		if s.watchers != mostAll {
			t.Errorf("%d watchers", s.watchers)
		}
	})
}

// Sessions that somebody made up take no room from those who have one, here
// while the store answers slowly.
func TestStrangersTakeNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := site(t, Options{Now: time.Now, Screen: func(ctx context.Context, session string) (chat.Screen, error) {
			if session == opened {
				return talking(), nil
			}
			time.Sleep(time.Second)
			return chat.Screen{}, chat.ErrGone
		}})
		var all sync.WaitGroup
		for i := range mostAll {
			all.Go(func() {
				if w := get(h, "/pagina/scherm/stroom", "Cookie", fmt.Sprintf("kansbot-scherm=%064x", i)); w.Code != 404 {
					t.Errorf("a stranger: %d", w.Code)
				}
			})
		}
		synctest.Wait()
		if _, err := s.watch(t.Context(), opened); err != nil {
			t.Error("the real screen is refused:", err)
		}
		all.Wait()
	})
}

func TestServerCanShutDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{sc: talking()}
		st.titled("een", nil)
		s, h := site(t, Options{Screen: st.look, Now: time.Now})
		net := dial(t, h)
		w := net.watch(t, opened)
		w.sees(t, "klok", "stand een")
		net.server.RegisterOnShutdown(s.Close)
		go io.Copy(io.Discard, w)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		ok(t, net.server.Shutdown(ctx))
		if _, err := s.watch(t.Context(), opened); err == nil {
			t.Error("watches after Close")
		}
	})
}

func TestScreenIsOpenedOnce(t *testing.T) {
	var opens int
	opt := Options{Open: func(context.Context, string) (string, time.Time, error) {
		if opens++; opens > 1 {
			return "", time.Time{}, chat.ErrGone
		}
		return opened, at.Add(3 * time.Hour), nil
	}}
	for _, secure := range []bool{true, false} {
		opens, opt.Site = 0, map[bool]string{true: "https://kansbot.example.org"}[secure]
		_, h := site(t, opt)
		golden(t, "door.html", get(h, "/pagina/"+key+"/scherm").Body.Bytes())
		if opens != 0 {
			t.Fatal("a look at the link used it up")
		}
		w := ask(h, "POST", "/pagina/"+key+"/scherm", "Sec-Fetch-Site", "same-origin")
		if c := w.Result().Cookies(); w.Code != 303 || w.Header().Get("Location") != "/pagina/scherm" || len(c) != 1 || c[0].Value != opened || !c[0].HttpOnly ||
			c[0].Secure != secure || c[0].SameSite != http.SameSiteStrictMode || c[0].Path != "/pagina/" || !c[0].Expires.Equal(at.Add(3*time.Hour)) || c[0].MaxAge != 3*60*60 ||
			strings.HasPrefix(c[0].Name, "__Secure-") != secure {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		again := ask(h, "POST", "/pagina/"+key+"/scherm", "Sec-Fetch-Site", "same-origin")
		if again.Code != 404 || len(again.Result().Cookies()) > 0 {
			t.Errorf("the second time: %d %v", again.Code, again.Header())
		}
	}
}

func TestOtherSitesOpenNothing(t *testing.T) {
	_, h := site(t, Options{Open: func(context.Context, string) (string, time.Time, error) {
		t.Error("opened")
		return "", time.Time{}, nil
	}})
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://kwaad.nl"}, {"Origin", "null"}} {
		if w := ask(h, "POST", "/pagina/"+key+"/scherm", header...); w.Code != 403 || w.Header().Get("Referrer-Policy") != "no-referrer" || !strings.Contains(w.Body.String(), "gebruik de knop") {
			t.Errorf("%v: %d", header, w.Code)
		}
	}
}

// A board without Sec-Fetch-Site, behind a proxy that gives the request a host
// of its own.
func TestProxyThatRenamesTheHost(t *testing.T) {
	_, h := site(t, Options{Site: "https://kansbot.example.org"})
	r := httptest.NewRequest("POST", "/pagina/"+key+"/scherm", nil)
	r.Host = "127.0.0.1:8080"
	r.Header.Set("Origin", "https://kansbot.example.org")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != 303 {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

// The opening page of a screen speaks the language of whose screen it is.
func TestDoorInEnglish(t *testing.T) {
	_, h := site(t, Options{Peek: func(context.Context, string) (string, error) { return "en", nil }})
	if body := get(h, "/pagina/"+key+"/scherm").Body.String(); !strings.Contains(body, `<html lang="en">`) || !strings.Contains(body, "Open the screen") || strings.Contains(body, "openen") {
		t.Error(body)
	}
}

// BenchmarkScreen changes a screen that 50 watch, over a real network.
func BenchmarkScreen(b *testing.B) {
	const watching = 50
	st := &stage{sc: talking()}
	st.titled("begin", nil)
	s, h := site(b, Options{Screen: st.look, Now: time.Now})
	s.rest = 0
	server := httptest.NewServer(h)
	defer server.Close()
	defer s.Close()
	var seen sync.WaitGroup
	seen.Add(watching)
	for range watching {
		r, err := http.NewRequest("GET", server.URL+"/pagina/scherm/stroom", nil)
		ok(b, err)
		r.Header.Set("Cookie", "kansbot-scherm="+opened)
		resp, err := http.DefaultClient.Do(r)
		ok(b, err)
		go func() {
			defer resp.Body.Close()
			for w := (&watcher{lines: bufio.NewReader(resp.Body)}); ; {
				switch e := w.event(); {
				case e == "":
					return
				case strings.HasPrefix(e, "stand "):
					seen.Done()
				}
			}
		}()
	}
	seen.Wait()
	n := 0
	for b.Loop() {
		n++
		seen.Add(watching)
		st.titled(fmt.Sprint("punt ", n), nil)
		s.Wake()
		seen.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*watching), "ns/change/watcher")
}
