package ingest

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// When a person filled a form in is no answer of theirs: it belongs to what brought the lead in. Members see what people
// answered, and no time from before they had the lead.
const (
	submittedAt = "submitted_at"
	landedAt    = "landed_at"
	updatedAt   = "updated_at"
)

// momentNames are the names, in their plain form (see plainHeader), under which platforms, plugins and exports write when
// an entry was made, by what they are to attribution.
var momentNames = map[string]string{
	"submittedat": submittedAt, "submittedon": submittedAt, "submittime": submittedAt, "submitdate": submittedAt, "submitdate(utc)": submittedAt,
	"submittedat(utc)": submittedAt, "submissiondate": submittedAt, "submissiontime": submittedAt, "submissiondatetime": submittedAt,
	"submissiontimestamp": submittedAt, "submittimestamp": submittedAt, "submittedtimestamp": submittedAt, "datesubmitted": submittedAt,
	"leadsubmittime": submittedAt, "leadcreatedtime": submittedAt, "leadcreatedat": submittedAt, "leadcreationtime": submittedAt,
	"createdtime": submittedAt, "createtime": submittedAt, "createdat": submittedAt, "createdon": submittedAt, "createddate": submittedAt,
	"createdatutc": submittedAt, "createdtimestamp": submittedAt, "createdatetime": submittedAt, "created": submittedAt, "createdate": submittedAt,
	"creationtime": submittedAt, "creationdate": submittedAt, "datecreated": submittedAt, "datecreatedgmt": submittedAt, "dateadded": submittedAt,
	"entrydate": submittedAt, "entrytime": submittedAt, "requestdate": submittedAt, "timestamp": submittedAt, "receivedat": submittedAt,
	"occurredat": submittedAt, "completedat": submittedAt, "finishedat": submittedAt, "postdate": submittedAt, "eventtime": submittedAt,
	"meta[date][value]": submittedAt, "meta[time][value]": "submitted_time",
	"landedat": landedAt, "startedat": landedAt, "startdate(utc)": landedAt,
	"dateupdated": updatedAt, "updatedat": updatedAt, "updatedtime": updatedAt, "updatedon": updatedAt, "lastmodified": updatedAt,
	"modifiedat": updatedAt, "datemodified": updatedAt, "modifieddate": updatedAt, "lastmodifieddate": updatedAt,
}

// momentText is how a time begins: a date, the name of a month or a day, or seconds or milliseconds since 1970.
var momentText = regexp.MustCompile(`^(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4}|[A-Z][a-z]{2,8},? \d|\d\d?:\d\d|1\d{9}(?:\.\d+)?$|1\d{12}$)`)

// moment is a value as a time, seconds since 1970 among them, empty where it is none.
func moment(value any) string {
	text := ""
	switch v := value.(type) {
	case string:
		text = strings.TrimSpace(v)
	case json.Number:
		text = v.String()
	}
	if len(text) > 100 || !momentText.MatchString(text) {
		return ""
	}
	whole, _, _ := strings.Cut(text, ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
		return unixTime(n).Format(time.RFC3339)
	}
	return text
}

// takeMoment takes a time out of a value that stands under a name, and reports whether that is all of it.
func (a Attribution) takeMoment(name string, value any) bool {
	as, known := momentNames[plainHeader(name)]
	at := moment(value)
	if !known || at == "" {
		return false
	}
	if a[as] == "" {
		a.Set(as, flexible(at))
	}
	return true
}

// withoutMoments takes the times out of an object that is kept as it is. What was asked in it stays: that has a name and a
// value each.
func (a Attribution) withoutMoments(value any) any {
	object, is := value.(map[string]any)
	if !is {
		return value
	}
	kept := make(map[string]any, len(object))
	for _, name := range sortedKeys(object) {
		if inner, is := object[name].(map[string]any); is && (name == "date" || name == "time") && moment(inner["value"]) != "" {
			as := map[string]string{"date": submittedAt, "time": "submitted_time"}[name] // as Elementor writes them
			if a[as] == "" {
				a.Set(as, flexible(moment(inner["value"])))
			}
			continue
		}
		if !a.takeMoment(name, object[name]) {
			kept[name] = a.withoutMoments(object[name])
		}
	}
	return kept
}
