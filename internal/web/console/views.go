package console

import "time"

// A viewLink is one of several ways to see what a page shows, or one of several pages that belong together.
type viewLink struct {
	link
	Here bool
}

// views marks where the visit is among several pages.
func (v *visit) views(all ...link) []viewLink {
	made := make([]viewLink, len(all))
	for i, l := range all {
		made[i] = viewLink{l, l.Href == v.URL.Path}
	}
	return made
}

func pendingViews(v *visit) []viewLink {
	return v.views(link{v.say("As a list"), home + "pending-leads"}, link{v.say("By day and person"), home + "pending-leads/days"})
}

// dayWords is a date as people write it, as in Mon 2 Mar.
func (v *visit) dayWords(date string) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return v.tongue.Date(day, dayFormat)
}

func messageViews(v *visit) []viewLink {
	return v.views(link{v.say("Messages"), home + "notifications"}, link{v.say("What they say"), home + "notifications/template"})
}

func sourceViews(v *visit) []viewLink {
	return v.views(link{v.say("Sources"), home + "sources"}, link{v.say("What each brought"), home + "sources/counts"})
}

// viewsBeside are the pages that belong together with a list, none for most.
func (v *visit) viewsBeside(list string) ([]viewLink, error) {
	switch list {
	case "pending-leads":
		return pendingViews(v), nil
	case "sources":
		return sourceViews(v), nil
	case "groups":
		return groupViews(v), nil
	case "people", "api-keys":
		m, err := v.who()
		return v.settingsViews(m.Role), err
	}
	return nil, nil
}
