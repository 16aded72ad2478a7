package viewtest

import (
	"strings"
	"time"

	"kansbot/internal/chat"
)

func (w *world) aboutPages() {
	const page = "https://kansbot.example.org/pagina/"
	own, shared := page+strings.Repeat("0a", 32)+".ics", page+strings.Repeat("f9", 32)+".ics"
	w.ask("Calendar", w.Calendar(own, shared, false))
	w.ask("Calendar, another address", w.Calendar(own, shared, true))
	w.ask("OnPage", chat.Message{w.OnPage(page + strings.Repeat("7c", 32))})
	w.ask("ScreenOpener", w.ScreenOpener(page+strings.Repeat("3e", 32)+"/scherm", w.next.Start.Add(-15*time.Minute)))
}
