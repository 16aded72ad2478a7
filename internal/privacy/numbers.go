package privacy

// group is a number with how it is tied to the next one.
type group struct {
	token  int
	digits []byte
	// link is what stands between it and the next group when the two could be
	// one number: a space or a mark. Zero when they could not.
	link rune
}

// linking marks occur inside one written number.
const linking = "-./:_*·()"

// group gives the numbers of the text with their links.
func (g *guard) group() []group {
	var groups []group
	for i, t := range g.tokens {
		if t.kind == number {
			groups = append(groups, group{token: i, digits: g.digits[t.from:t.to]})
		}
	}
	for k := 0; k+1 < len(groups); k++ {
		groups[k].link = g.link(groups[k].token, groups[k+1].token)
	}
	return groups
}

func (g *guard) link(from, to int) rune {
	const most = 2 // marks between two numbers, as in +31-(0)6
	if to-from-1 > most || g.tokens[to].line {
		return 0
	}
	link := ' '
	for i := from + 1; i < to; i++ {
		if !g.isMark(i, linking) || g.tokens[i].line {
			return 0
		}
		link = g.tokens[i].mark
	}
	return link
}

// linkBefore is the link between group k and the one before it.
func (g *guard) linkBefore(k int) rune {
	if k == 0 {
		return 0
	}
	return g.groups[k-1].link
}

// free reports whether groups from up to and including to are not used yet,
// and stick to no word.
func (g *guard) free(from, to int) bool {
	for k := from; k <= to; k++ {
		i := g.groups[k].token
		if g.used[i] || g.glued(i) && g.is(i-1, word) || g.glued(i+1) && g.is(i+1, word) {
			return false
		}
	}
	return true
}

// upTo is the last group of the number that starts at group k and has exactly
// n digits.
func (g *guard) upTo(k, n int) (last int, ok bool) {
	for ; k < len(g.groups); k++ {
		n -= len(g.groups[k].digits)
		if n == 0 {
			return k, true
		}
		if n < 0 || g.groups[k].link == 0 {
			break
		}
	}
	return 0, false
}

// span is the digits of groups from up to and including to.
func (g *guard) span(from, to int) []byte {
	return g.digits[g.tokens[g.groups[from].token].from:g.tokens[g.groups[to].token].to]
}

func value(digits []byte) int {
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

func hasPrefix(digits []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if len(digits) >= len(p) && string(digits[:len(p)]) == p {
			return true
		}
	}
	return false
}

// codes uses up case codes such as K-014. 1234 AB-12 is not one.
func (g *guard) codes() {
	for _, this := range g.groups {
		i := this.token
		if len(this.digits) <= 4 && g.glued(i) && g.isMark(i-1, "-") && g.glued(i-1) && g.is(i-2, word) && g.letters(i-2) <= 2 && !g.is(i-3, number) {
			g.use(i-2, i)
		}
	}
}

// clocks uses up hours (13:30, 13.30-14.45, 0830-1200) and school years
// (2026-2027): eight digits that are no number of anybody.
func (g *guard) clocks() {
	for k := range g.groups[:max(0, len(g.groups)-1)] {
		this, next := g.groups[k], g.groups[k+1]
		if g.used[this.token] || g.used[next.token] {
			continue
		}
		outside := func(link rune) bool { return g.linkBefore(k) != link && next.link != link }
		switch {
		case (this.link == ':' || this.link == '.') && outside(this.link) && isClock(this.digits, next.digits):
			if next.link == '-' && !(k+3 < len(g.groups) && isClock(g.groups[k+2].digits, g.groups[k+3].digits)) {
				continue
			}
		case (this.link == '-' || this.link == '/') && outside(this.link) && len(this.digits) == 4 && len(next.digits) == 4 &&
			(isYear(this.digits) && isYear(next.digits) || isClock(this.digits[:2], this.digits[2:]) && isClock(next.digits[:2], next.digits[2:])):
		default:
			continue
		}
		g.use(this.token, next.token)
	}
}

func isClock(hours, minutes []byte) bool {
	return len(hours) <= 2 && len(minutes) == 2 && value(hours) <= 24 && value(minutes) <= 59
}

func isYear(digits []byte) bool {
	return len(digits) == 4 && hasPrefix(digits, "19", "20")
}

// phones finds Dutch and foreign phone numbers. Numbers that belong to
// nobody in particular, such as 0800-2000, are used up without a finding.
func (g *guard) phones() {
	for k := range g.groups {
		if !g.free(k, k) {
			continue
		}
		first := g.groups[k]
		start := first.token
		plus := g.isMark(start-1, "+") && g.glued(start)
		if plus {
			start--
		}
		public := hasPrefix(first.digits, "0800", "0900", "0906", "0909", "088")
		var lengths []int
		switch {
		case plus && hasPrefix(first.digits, "31"):
			lengths = []int{11, 12} // 12: +31 (0)6
		case plus:
			lengths = []int{15, 14, 13, 12, 11, 10, 9}
		case hasPrefix(first.digits, "0031"):
			lengths = []int{13, 14}
		case hasPrefix(first.digits, "088"):
			lengths = []int{10}
		case public:
			lengths = []int{11, 8}
		case len(first.digits) >= 2 && first.digits[0] == '0' && first.digits[1] != '0':
			lengths = []int{10}
			if g.isMark(start-1, "(") && g.glued(start) {
				start--
			}
		}
		for _, n := range lengths {
			last, ok := g.upTo(k, n)
			if !ok || !g.free(k, last) || public && k != last && g.groups[last].link == first.link {
				continue
			}
			if public {
				g.use(start, g.groups[last].token)
			} else {
				g.report(Phone, start, g.groups[last].token)
			}
			break
		}
	}
}

// bsns finds citizen service numbers: nine digits, or eight when the first is
// a zero that was left out, that pass the test of eleven; one in eleven other
// numbers does so too. After a label the length is enough.
func (g *guard) bsns() {
	for k := range g.groups {
		for _, n := range []int{9, 8} {
			last, ok := g.upTo(k, n)
			if !ok {
				continue
			}
			start := g.groups[k].token
			digits := g.span(k, last)
			labelled := g.labelled(start)
			if labelled {
				if g.used[start] {
					continue
				}
			} else {
				whole := k == last || g.linkBefore(k) == 0 && g.groups[last].link == 0
				if !g.free(k, last) || n == 8 && (digits[0] == '0' || !whole) || !elevenTest(digits) {
					continue
				}
			}
			g.report(BSN, start, g.groups[last].token)
			break
		}
	}
}

// labelled reports whether token i comes shortly after a word that announces a
// citizen service number or education number.
func (g *guard) labelled(i int) bool {
	const near = 3
	for j := i - 1; j >= 0 && j >= i-near && !g.is(j, number); j-- {
		switch bare(g.folded[j]) {
		case "bsn", "bsnnr", "bsnnummer", "burgerservicenummer", "sofi", "sofinummer", "pgn", "onderwijsnummer":
			return true
		}
	}
	return false
}

// elevenTest is the check on a citizen service number: the digits weigh 9 down
// to 2 and the last one -1, and the sum is divisible by 11. The number zero is
// nobody's.
func elevenTest(digits []byte) bool {
	sum, all := 0, 0
	for i, d := range digits {
		n := int(d - '0')
		all += n
		if weight := len(digits) - i; weight > 1 {
			sum += weight * n
		} else {
			sum -= n
		}
	}
	return all != 0 && sum%11 == 0
}
