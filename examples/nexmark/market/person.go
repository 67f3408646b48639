package market

// Person makes the person of event n, which must be one.
func (g *Generator) Person(n int64) Person {
	d := g.draws(n)
	size, name := d.two()
	email, card := d.two()
	city, state := d.two()
	p := Person{
		ID:         firstPerson + lastPerson(n),
		Name:       choose(g.text.names, name),
		Email:      choose(g.text.emails, email),
		CreditCard: g.text.creditCard(card),
		City:       choose(cities, city),
		State:      choose(states, state),
		Time:       g.Time(n),
	}
	used := 8 + len(p.Name) + len(p.Email) + len(p.CreditCard) + len(p.City) + len(p.State)
	p.Extra = g.text.extra(personBytes-used, size, &d)
	return p
}

func choose(from []string, random uint32) string { return from[scale(random, int64(len(from)))] }
