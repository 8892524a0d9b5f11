package ingest

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/store"
)

const (
	// programs are headings and keys under which programs write when an entry was made.
	programs = `Start time|Completion time|Timestamp (UTC)|Timestamp|Zeitstempel|Horodateur|Marca temporal|タイムスタンプ|提交时间|time|datetime|_time|sent_at|add_time|lead_time|Submission Date|Submit Date (UTC)
		submit_time|Created Time|Date Created|Entry Date|Ngày gửi|Waktu pengiriman|เวลาที่ส่ง|created_at|createdAt|updated_at|date_updated|Last modified|Started at|landed_at|Date Submitted|submitted_on|Date & Time
		Carimbo de data/hora|Informazioni cronologiche|Tijdstempel|Zaman damgası|Отметка времени|طابع زمني|타임스탬프|时间戳记|時間戳記|ประทับเวลา|Dấu thời gian|Stempel waktu|Cap masa|टाइमस्टैम्प|நேர முத்திரை
		Eingangsdatum|Erstellt am|Gesendet am|Date de soumission|Date de création|Fecha de envío|Fecha de creación|Data de envio|Data di invio|Verzonden op|Дата отправки|تاريخ الإرسال|送信日時|受付日時|제출 시간
		创建时间|更新时间|วันที่สร้าง|Ngày tạo|Tarikh dihantar|Masa dihantar|Tanggal dibuat|Petsa ng pagsumite|Startzeit|Fertigstellungszeit|Hora de inicio|开始时间|完了時刻|Last activity date|Registration date|Date`
	// authors are questions that the authors of forms ask, of the same kind.
	authors = `Birthday|Date of birth|Tarikh lahir|Tanggal lahir|生日|出生日期|生年月日|วันเกิด|Ngày sinh|Fecha de nacimiento|Data de nascimento|Date de naissance|Geburtsdatum|Data di nascita|Doğum tarihi|Дата рождения|تاريخ الميلاد
		Appointment|appointment_time|Preferred time|preferred_date|Best time to call|Move-in date|Event date of the wedding|Wedding date|Visit date|Viewing time|Test drive date|Delivery date|Booking date|Travel date|Check-in date|Arrival
		Tarikh temujanji|Tarikh lawatan|Waktu yang sesuai|预约时间|看房时间|入住日期|希望日時|予約日時|방문 희망일|วันที่นัดหมาย|Ngày hẹn|Fecha de la cita|Data da visita|Wunschtermin|Einzugsdatum|Passport expiry date|Year of purchase|Available from`
)

func names(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '|' || r == '\n' || r == '\t' })
}

// keptUnder is what a lead keeps of a time that comes under a name with each way in, as fields and attribution.
func keptUnder(t *testing.T, name, at string) (fields, attribution map[string]string) {
	t.Helper()
	fields, attribution = make(map[string]string), make(map[string]string)
	body, err := json.Marshal(map[string]any{"name": "Ada", name: at})
	if err != nil {
		t.Fatal(err)
	}
	nested, err := json.Marshal(map[string]any{"name": "Ada", "about": []any{map[string]any{"deeper": map[string]any{name: []string{at}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for way, body := range map[string]string{"JSON": string(body), "deeper": string(nested), "form": url.Values{"name": {"Ada"}, name: {at}}.Encode()} {
		p, err := generic{}.Parse(store.IntegrationSettings{}, Request{Body: []byte(body)})
		if err != nil || len(p.Leads) != 1 {
			t.Fatal(body, err)
		}
		made, _, err := newLead(store.Hook{}, p.Leads[0])
		if err != nil {
			t.Fatal(err)
		}
		fields[way], attribution[way] = string(made.Fields), string(made.Attribution)
	}
	file := NewCSV(strings.NewReader("name,\"" + name + "\"\nAda,\"" + at + "\"\n"))
	row, err := file.Next()
	if err != nil {
		t.Fatal(err)
	}
	fields["file"], attribution["file"] = string(row.Fields), string(row.Attribution)
	return fields, attribution
}

func TestTimesOfProgramsAreNoFieldsWhateverTheirName(t *testing.T) {
	t.Parallel()
	const at = "2026-01-01 00:59:55"
	for _, name := range names(programs) {
		fields, attribution := keptUnder(t, name, at)
		for way := range fields {
			if strings.Contains(fields[way], "2026") || !strings.Contains(attribution[way], at) {
				t.Errorf("%q by %s becomes fields %s and attribution %s", name, way, fields[way], attribution[way])
			}
		}
	}
	for _, name := range names(authors) {
		fields, attribution := keptUnder(t, name, at)
		for way := range fields {
			if !strings.Contains(fields[way], at) || attribution[way] != "" {
				t.Errorf("%q by %s becomes fields %s and attribution %s", name, way, fields[way], attribution[way])
			}
		}
	}
	if got := [2]int{len(names(programs)), len(names(authors))}; got[0] < 80 || got[1] < 45 {
		t.Errorf("there are %d", got)
	}
}

// What names a time and no more was asked for where people could have written it.
func TestVagueTimesCountByTheClockOfAProgram(t *testing.T) {
	t.Parallel()
	for at, program := range map[string]bool{
		"2026-01-01 00:59:55": true, "2026-01-01T00:59:55Z": true, "2026-01-01T08:59+08:00": true, "1767229195": true, "1767229195000": true, "1767229195000000": true,
		"1/1/26 8:59:55": true, "1/1/2026 8:59:55 AM": true, "20260101T005955Z": true, "20260101005955": true, "Thu, 1 Jan 2026 00:59:55 GMT": true, "2026年1月1日 8時59分55秒": true,
		"2026-01-01": false, "2026-01-01 10:00": false, "2026-01-01T10:00": false, "10:30": false, "9:06 am": false, "1 January 2026": false, "Friday": false, "after 5": false, "2026": false,
	} {
		fields, _ := keptUnder(t, "date_time", at)
		for way := range fields {
			if got := !strings.Contains(fields[way], "date_time"); got != program {
				t.Errorf("%s by %s becomes %s", at, way, fields[way])
			}
		}
		if _, attribution := keptUnder(t, "submitted_at", at); at != "Friday" && at != "after 5" && at != "2026" && attribution["JSON"] == "" {
			t.Errorf("%s is no time", at)
		}
	}
}

func TestTimesAsObjectsAndSecondNames(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"name":"Ada","created_at":{"date":"2026-01-01 00:59:55.000000","timezone_type":3,"timezone":"UTC"}}`: "submitted_at",
		`{"name":"Ada","created":{"_seconds":1767229195,"_nanoseconds":0}}`:                                    "submitted_at",
		`{"name":"Ada","createdAt":{"$date":"2026-01-01T00:59:55Z"}}`:                                          "submitted_at",
		`{"name":"Ada","createdAt":{"$date":{"$numberLong":"1767229195000"}}}`:                                 "submitted_at",
		`{"name":"Ada","created_at":"2025-12-31 10:00:00","submitted_at":"2026-01-01T00:59:55Z"}`:              "submitted_at submitted_at",
		`{"name":["Ada"],"Timestamp":["2026-01-01 8:59:55"]}`:                                                  "submitted_at",
	} {
		p, err := generic{}.Parse(store.IntegrationSettings{}, Request{Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		made, _, err := newLead(store.Hook{}, p.Leads[0])
		if err != nil || strings.Contains(string(made.Fields), "2026") || strings.Contains(string(made.Fields), "2025") || strings.Contains(string(made.Fields), "1767229195") {
			t.Errorf("%s\nkeeps %s, %v", body, made.Fields, err)
		}
		if n := strings.Count(string(made.Attribution), `":"`); n != len(strings.Fields(want)) {
			t.Errorf("%s\nis told as %s", body, made.Attribution)
		}
	}
	columns, leads, _ := heard(FileOptions{}, "name,Created Time,Submission Date,Timestamp,Timestamp,Date\nAda,2025-12-31 10:00:00,2026-01-01 00:59:55,1/1/2026 8:59:55,soon,1 May\n")
	if columns != "name, attribution.submitted_at, attribution.submission_date, attribution.timestamp, attribution.timestamp_2, field" || leads[0] != `Ada|| {"Date":"1 May","Timestamp (2)":"soon"}` {
		t.Errorf("the columns are %s\nand the lead %s", columns, leads[0])
	}
	if columns, _, _ := heard(FileOptions{}, "name,Date\nAda,2026-01-01 00:59:55\nBea,2026-01-02 00:59:55\nCyd,\n"); columns != "name, attribution.submitted_at" {
		t.Errorf("the columns are %s", columns)
	}
}
