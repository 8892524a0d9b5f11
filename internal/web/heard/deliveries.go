package heard

import "github.com/leadwheel/leadwheel/internal/language"

// These are about webhooks, and what was delivered to them.
var deliveries = []language.Text{
	"a webhook's address is https://…; http is for private networks that LEADWHEEL_WEBHOOK_ALLOW lists",
	"this is no address; write it as https://host/path",
	"leave the user and password out: what a webhook is sent is signed, which shows who sent it",
	"leave out # and what follows it: it is never sent",
	"this address is on a private network; webhooks reach those only that LEADWHEEL_WEBHOOK_ALLOW lists",
	"it answered with a redirect, which is not followed; give the webhook the address that it leads to",
	"this webhook's secret was rotated %d times within a day, and all of those still sign; wait until the oldest does not",
	"the webhook's secret cannot be read; rotate it",
	"it did not answer within %s",
	"it answered %d %s",
	"its secret cannot be opened; an operator looks at LEADWHEEL_SECRET_KEY",
	"it has taken nothing since %s",
	"it answered 410 Gone",
	"what it is to be sent could not be written",
	"the webhook was disabled: %s",
	"this webhook is disabled, and is told of nothing; enable it first",
}
