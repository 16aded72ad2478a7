package command

import (
	"time"

	"kansbot/internal/store"
	"kansbot/internal/team"
)

// The pages that a link can lead to.
const (
	feedLink    = "feed"    // the calendar feed of one member, or with User empty of the kernteam
	agendaLink  = "agenda"  // the agenda of meeting Nr
	minutesLink = "verslag" // its minutes
	parentsLink = "ouders"  // what parents may read of case Code, agreed in meeting Nr
	screenLink  = "scherm"  // opens the meeting screen of meeting Nr, once
	screenOpen  = "open"    // the meeting screen, in the browser that opened it
)

// pagePath is where the pages are below the site's address.
const pagePath = "/pagina/"

// link makes a page for the asker, there until a moment, and gives its address.
func (r *Request) link(l store.Link, until time.Time) (address string, err error) {
	secret := nonce(32)
	l.Team, l.User, l.Until = r.team.ID, r.me.User, until
	if address, err = r.address(secret); err != nil {
		return "", err
	}
	if err := store.PutLink(r.tx, secret, l); err != nil {
		return "", err
	}
	return address, r.did("link."+l.Kind, leadsTo(l))
}

// leadsTo is what a link shows, on the trail.
func leadsTo(l store.Link) string {
	switch {
	case l.Code != "":
		return onCase(l.Code)
	case l.Nr != 0:
		return on("meeting", l.Nr)
	}
	return "team"
}

// address is that of the page behind a secret. Kansbot has none where nobody
// told it how browsers reach it.
func (r *Request) address(secret string) (string, error) {
	if r.bot.Site == "" {
		return "", team.Wrong("", "site")
	}
	return r.bot.Site + pagePath + secret, nil
}
