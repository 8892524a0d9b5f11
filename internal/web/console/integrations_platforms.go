package console

import (
	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// A platform is how people set up a kind of integration: what they see of it there, and what it needs of ours.
type platform struct {
	Kind lead.Kind
	// Name is the platform's, What is said of it where one is chosen.
	Name, What language.Text
	// secret and ours say what its secret is called there, and that it is made here.
	secret language.Text
	ours   bool
	// Steps are done one after the other on the platform.
	Steps []language.Text
	// fields are those of its form beside what all have.
	fields []platformField
}

// A platformField is a field of a platform's form.
type platformField struct {
	kind, name  string
	label, hint language.Text
}

var (
	googlePlatform = platform{
		Kind: lead.KindGoogle, Name: "Google Ads", What: "Lead form assets: leads come in as people send the form.", secret: "Key", ours: true,
		Steps: []language.Text{
			"In Google Ads, open Assets and edit the lead form.",
			"Under “Export leads from Google Ads”, choose “Other data integration options”.",
			"Paste the address as Webhook URL and the key as Key.",
			"Press “Send test data”. The test shows below within seconds; tests are kept, and never handed out.",
			"Save the form. One address serves any number of forms.",
		},
	}
	metaPlatform = platform{
		Kind: lead.KindMeta, Name: "Meta (Facebook, Instagram)", What: "Instant forms of lead ads: Meta says that a lead is there, and it is fetched.", secret: "App secret",
		Steps: []language.Text{
			"In Meta for Developers, open your app, or make one of type Business.",
			"Under Webhooks, choose Page and subscribe to this address with the verify token; then subscribe to the field leadgen.",
			"Subscribe the page to the app: POST /{page-id}/subscribed_apps?subscribed_fields=leadgen, with the page’s token.",
			"The token needs leads_retrieval, pages_manage_metadata, pages_show_list, pages_read_engagement and ads_management. If Leads Access Manager is on, let the app read leads.",
			"Send a lead with the Lead Ads Testing Tool. It shows below within seconds.",
		},
		fields: []platformField{
			{"text", "verify_token", "Verify token", "Meta sends it once to check the address. Any text that nobody guesses."},
			{"text", "access_token", "Access token", "The page’s token, with which leads are fetched. A token that does not expire is that of a system user."},
			{"area", "form_ids", "Form ids", "Forms that are looked through for leads that Meta did not tell of, one a line. Empty: none."},
		},
	}
	tiktokPlatform = platform{
		Kind: lead.KindTikTok, Name: "TikTok", What: "Instant forms of lead generation ads.", secret: "App secret",
		Steps: []language.Text{
			"In TikTok API for Business, open your app; its secret is the one to give here.",
			"Subscribe the app to leads (/subscription/subscribe/ with subscribe_entity LEAD) with this address as callback.",
			"Preview the form in TikTok Ads Manager and send its test lead. It shows below.",
		},
	}
	linkedInPlatform = platform{
		Kind: lead.KindLinkedIn, Name: "LinkedIn", What: "Lead Gen Forms: LinkedIn says that a lead is there, and it is fetched.", secret: "Client secret",
		Steps: []language.Text{
			"In the LinkedIn developer portal, open your app, which has the product Lead Sync API; its client secret is the one to give here.",
			"Under Webhooks, add this address. LinkedIn checks it at once, and again every two hours.",
			"Make a lead notification for the account and its forms (POST /rest/leadNotifications).",
			"Send a test lead from the form’s preview. It shows below.",
		},
		fields: []platformField{{"text", "access_token", "Access token", "With the permission r_marketing_leadgen_automation. LinkedIn ends it after 60 days; this page says when it is dead."}},
	}
	typeformPlatform = platform{
		Kind: lead.KindTypeform, Name: "Typeform", What: "Answers of a typeform, as they are sent.", secret: "Secret", ours: true,
		Steps: []language.Text{
			"Open the form, then Connect, then Webhooks, and add one with this address.",
			"Edit the webhook, paste the secret, and switch SSL verification on.",
			"Press “Send test request”. The test shows below.",
			"Switch the webhook on.",
		},
	}
	genericPlatform = platform{
		Kind: lead.KindGeneric, Name: "Any other program", What: "Zapier, Make, a CRM, your own code: JSON, a form or XML by POST.", secret: "Signing secret", ours: true,
		Steps: []language.Text{
			"Have the program send each lead to this address by POST. Names such as name, email, phone and full_name are understood, also in other languages; the rest becomes the lead’s fields.",
			"Sign what is sent as in Standard Webhooks with the secret, or leave the secret empty under Edit: whoever knows the address can then send leads.",
			"Send an id of your own as external_id, so that a lead that is sent again is known.",
			"Send one. It shows below.",
		},
	}
	formPlatform = platform{
		Kind: lead.KindForm, Name: "A form of your own", What: "A page with a form that is made for you, or the form on your website.",
		Steps: []language.Text{
			"Share the address: it shows a page with the form. Or put the code above into your website.",
			"Or let the form of your website send to this address: its action, by POST.",
			"Send it once yourself. It shows below.",
		},
		fields: []platformField{
			{"text", "title", "Title", "What the page is called, as in Book a viewing."},
			{"area", "intro", "Words above the form", ""},
			{"text", "button", "Button", "Empty: Send."},
			{"text", "thanks", "Thanks", "What is shown to whoever has sent it."},
			{"text", "consent", "Consent", "What people must agree to, beside a box. Empty: no box."},
			{"text", "redirect_url", "Where they go next", "The address of a page of yours instead of the thanks."},
			{"text", "honeypot", "Trap for robots", "The name of a field that people don’t see; what has it filled in is no lead."},
		},
	}
)

// platforms are the kinds of integrations, in the order in which they are offered.
var platforms = []*platform{&googlePlatform, &metaPlatform, &tiktokPlatform, &linkedInPlatform, &typeformPlatform, &genericPlatform, &formPlatform}

// platformOf is a kind's platform, nil where the console has none.
func platformOf(kind string) *platform {
	for _, p := range platforms {
		if string(p.Kind) == kind {
			return p
		}
	}
	return nil
}
