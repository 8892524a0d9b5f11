package ingest

// attributionNames are the names, in their plain form (see plainHeader), by which programs and forms pass on what brought
// a lead in.
var attributionNames = map[string]string{
	"campaignid": "campaign_id", "campaignname": "campaign_name", "campaign": "campaign_name",
	"adsetid": "adset_id", "adsetname": "adset_name", "adgroupid": "adset_id", "adgroupname": "adset_name",
	"adid": "ad_id", "adname": "ad_name", "creativeid": "ad_id",
	"formid": "form_id", "formname": "form_name", "formtitle": "form_name",
	"pageid": "page_id", "pagename": "page_name", "platform": "platform",
	"utmsource": "utm_source", "utmmedium": "utm_medium", "utmcampaign": "utm_campaign", "utmterm": "utm_term",
	"utmcontent": "utm_content", "utmid": "utm_id", "referrer": "referrer",
	"gclid": "gclid", "gbraid": "gbraid", "wbraid": "wbraid", "fbclid": "fbclid", "ttclid": "ttclid", "msclkid": "msclkid",
	"lifatid": "li_fat_id", "twclid": "twclid", "sccid": "sccid", "clickid": "click_id", "gcl": "gclid",
}

// clickIDs are the names of ids that a platform gives a click; the first there is click_id too.
var clickIDs = []string{"gclid", "fbclid", "ttclid", "msclkid", "li_fat_id", "twclid", "sccid", "gbraid", "wbraid"}

// takeFrom takes the answers that are attribution, and returns the others.
func (a Attribution) takeFrom(answers Answers) Answers {
	var others Answers
	for _, one := range answers {
		if !one.asked && one.role == roleNone {
			if a.takeMoment(one.name, one.value) {
				continue
			}
			if one.value = storable(a.withoutMoments(one.value)); one.value == nil {
				continue
			}
		}
		name, known := attributionNames[plainHeader(one.name)]
		if text := one.text(); known && one.role == roleNone && one.simple() && a[name] == "" {
			a.Set(name, flexible(text))
			continue
		}
		others = append(others, one)
	}
	a.settleClick()
	return others
}

// settleClick makes the first id that a platform gave the click the click_id.
func (a Attribution) settleClick() {
	for _, name := range clickIDs {
		if id := a[name]; id != "" && a["click_id"] == "" {
			a["click_id"] = id
		}
	}
}

// askedBy is what an address says of where its visitors came from. Nothing else of it is looked at: it is not what the person
// filled in.
func askedBy(query string) Attribution {
	a := make(Attribution)
	for _, one := range urlencodedAnswers([]byte(query)) {
		if name, known := attributionNames[plainHeader(one.name)]; known && a[name] == "" {
			a.Set(name, flexible(one.text()))
		}
	}
	return a
}

// addMissing adds what is not there.
func (a Attribution) addMissing(others Attribution) {
	for name, text := range others {
		if a[name] == "" {
			a[name] = text
		}
	}
	a.settleClick()
}
