package main

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"kansbot/internal/chat"
)

// browser is where the people of a transcript open the links that they get.
type browser struct {
	links  map[string][]string // by name, of their last answer with any; all of the newest under ""
	jar    *cookiejar.Jar
	opened string // the last link to a meeting screen that was opened
}

// got notes the links in an answer.
func (b *browser) got(name, site string, reply chat.Reply) {
	var links []string
	for _, block := range reply.Body {
		for _, s := range block.Text {
			for _, address := range []string{s.URL, s.Text} {
				if strings.HasPrefix(address, site+"/") {
					links = append(links, address)
				}
			}
		}
	}
	if len(links) == 0 {
		return
	}
	if b.links == nil {
		b.links = map[string][]string{}
		b.jar, _ = cookiejar.New(nil)
	}
	b.links[name], b.links[""] = links, links
}

// served is a http.RoundTripper that asks the handler itself.
type served struct{ http.Handler }

func (s served) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec.Result(), nil
}

var tag = regexp.MustCompile(`(?s)<style.*?</style>|<script.*?</script>|<[^>]*>`)

// pageShows opens a link: what somebody reads there, or a calendar app. A link to
// a meeting screen opens it the first time, and after that shows it. With ! and no
// text it leads nowhere any more.
func pageShows(ts *testscript.TestScript, s *scene, neg bool, args []string) {
	links := s.web.links[""]
	if len(args) > 0 && slices.Contains(castNames, args[0]) {
		links, args = s.web.links[args[0]][:1], args[1:]
	}
	if len(links) == 0 {
		ts.Fatalf("nobody got a link")
	}
	address := links[len(links)-1]
	client := http.Client{Jar: s.web.jar, Transport: served{s.app.routes(false)}}
	var resp *http.Response
	var err error
	switch site, screen := strings.CutSuffix(address, "/scherm"); {
	case !screen:
		resp, err = client.Get(address)
	case s.web.opened != address:
		s.web.opened = address
		resp, err = client.Post(address, "application/x-www-form-urlencoded", nil)
	default:
		resp, err = client.Get(site[:strings.LastIndex(site, "/")] + "/scherm")
	}
	ts.Check(err)
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	text := strings.ReplaceAll(string(body), "\r\n ", "")
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		text = html.UnescapeString(tag.ReplaceAllString(text, ""))
	}
	switch gone := resp.StatusCode == http.StatusNotFound; {
	case resp.StatusCode != http.StatusOK && !gone:
		ts.Fatalf("the page answers %s", resp.Status)
	case neg && len(args) == 0:
		if !gone {
			ts.Fatalf("there still is a page:\n%s", text)
		}
	case gone:
		ts.Fatalf("there is no page")
	default:
		expect(ts, neg, text, args...)
	}
}
