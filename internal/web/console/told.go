package console

import (
	"slices"
	"strings"
)

// channels are those by which the installation can send messages.
type channels struct{ Email, Telegram bool }

// messageTroubles tells of members who cannot be told of their leads, and of messages that could not be sent.
func messageTroubles(v *visit) ([]trouble, error) {
	var can channels
	if err := v.get("/v1/notifications/channels", &can); err != nil {
		return nil, err
	}
	untold := can.cannotTell(v.names.all("members"))
	failed, err := failedMessages(v)
	if len(untold) == 0 || err != nil {
		return failed, err
	}
	if !can.Email && !can.Telegram {
		return append([]trouble{{
			v.say("Nobody can be told of their leads: neither e-mail nor Telegram is set up."),
			v.say("Leads arrive, but nobody gets a message. Whoever runs this installation sets up a mail server (LEADWHEEL_SMTP_URL and LEADWHEEL_MAIL_FROM) or a Telegram bot (LEADWHEEL_TELEGRAM_TOKEN)."),
			home + "members", v.say("See how each is told"),
		}}, failed...), nil
	}
	why := v.say("What they have is not set up here, or they have neither. %s works: give them that.", map[bool]string{true: v.say("E-mail"), false: v.say("Telegram")}[can.Email])
	if can.Email && can.Telegram {
		why = v.say("They have neither an e-mail address that works nor a Telegram chat. Give them one.")
	}
	href := home + "members"
	if len(untold) == 1 {
		href = memberHref(untold[0].text("id")) + "/edit"
	}
	return append([]trouble{{v.say("%s cannot be told of their leads.", v.namesOf(untold)), why, href, v.say("Mend it")}}, failed...), nil
}

// cannotTell are the active members who are to be told of their leads and whom no channel reaches.
func (c channels) cannotTell(members []object) []object {
	return slices.DeleteFunc(slices.Clone(members), func(m object) bool {
		by, chosen := m.get("notify_by").([]any)
		email := c.Email && m.text("email") != "" && m.text("email_off") == ""
		return !m.is("active") || chosen && len(by) == 0 || email || c.Telegram && m.text("telegram_chat_id") != ""
	})
}

// why says why no channel reaches a member, and what to do.
func (c channels) why(v *visit, m object) string {
	if words := v.unreached(m); words != "" {
		return words
	}
	switch {
	case !c.Email && !c.Telegram:
		return v.say("no messages are set up in this installation. Whoever runs it sets up a mail server or a Telegram bot.")
	case c.Email:
		return v.say("they have Telegram, which is not set up in this installation. Give them an e-mail address under Edit.")
	}
	return v.say("they have an e-mail address, and this installation sends no e-mail. They connect Telegram by the link on their page.")
}

// namesOf are what things are called, the first few of them by name.
func (v *visit) namesOf(all []object) string {
	const few = 5
	var names []string
	for _, one := range all[:min(len(all), few)] {
		names = append(names, v.called(one))
	}
	if more := len(all) - few; more > 0 {
		return v.say("%s and %s", strings.Join(names, ", "), v.others(more))
	}
	return v.and(names)
}

// and lists names.
func (v *visit) and(names []string) string {
	if last := len(names) - 1; last > 0 {
		return v.say("%s and %s", strings.Join(names[:last], ", "), names[last])
	}
	return strings.Join(names, "")
}
