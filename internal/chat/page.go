package chat

import (
	"errors"
	"time"
)

// ErrGone means that a link leads nowhere, or no longer.
var ErrGone = errors.New("chat: the link leads nowhere")

// Page is what a browser shows of a kernteam, to whoever has the link. Its
// Body has no Buttons and no Choices.
type Page struct {
	Lang  string // "nl" or "en"
	Title string
	Body  Message
	Until time.Time // when the link ends
}

// Screen is what the big screen in the room shows of a Kans!overleg that is
// going on.
type Screen struct {
	Lang       string
	Title      string
	Now        Message   // what is being talked about
	Text       Message   // what members wrote of it; only while the chair shows it
	Since      time.Time // when that point began
	Ends       time.Time // when its minutes are over; zero when nothing is being talked about
	Next       Message   // what comes after it
	Agreements Message   // made so far
	Over       bool      // the meeting was rounded off
}
