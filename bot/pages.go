package main

import "kansbot/adapters/pages"

// newPages answers browsers with what the bot shows to whoever has a link.
func (a *app) newPages() *pages.Server {
	return pages.New(pages.Options{
		Feed:   a.bot.Feed,
		Page:   a.bot.Page,
		Peek:   a.bot.Peek,
		Open:   a.bot.OpenScreen,
		Screen: a.bot.Screen,
		Now:    a.clock.Now,
		Site:   a.bot.Site,
		Log:    a.log,
	})
}
