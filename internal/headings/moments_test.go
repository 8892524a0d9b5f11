package headings_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/headings"
)

// made are headings of times that no form asks for, those that count only over a program's clock among them.
const (
	made = `
		submitted_at|submittedAt|submitted_on|Submit time|submit_date|Submit Date (UTC)|Submitted At (UTC)|Submission Date|submission_time|Submission datetime|submission_timestamp|Submit timestamp|Date Submitted
		lead_submit_time|lead_created_time|Lead created at|Lead Creation Time|Created Time|create_time|createdAt|created_on|Created Date|Created At UTC|created_timestamp|create_date_time|Created|createdate|Creation Time
		creationDate|Date Created|date_created_gmt|Date added|Entry Date|Entry time|Request Date|Timestamp|Timestamp (UTC)|Time stamp|received_at|Occurred at|completedAt|finished_at|Post date|event_time|Completion time
		sent_at|add_time|addTime|Added on|lead_time|Date of enquiry|Enquiry date|form.submitted_at|data[created_at]|entry/created_at|Date Submitted (GMT+8)|created at (Asia/Singapore)|Record created|form_submission_date
		Ngày gửi|Thời gian tạo|Dấu thời gian|Ngày tạo|Thời gian gửi biểu mẫu
		Waktu pengiriman|Tanggal dibuat|Stempel waktu|Cap waktu|Waktu pembuatan|Tarikh dihantar|Masa dihantar|Cap masa|Tarikh dicipta|Tarikh & masa dihantar
		เวลาที่ส่ง|วันที่ส่ง|ประทับเวลา|วันที่สร้าง|เวลาที่บันทึก
		提交时间|提交日期|创建时间|創建日期|時間戳記|时间戳|提交答卷时间|录入时间|表单提交时间|线索创建时间|建立日期|最后提交时间
		タイムスタンプ|送信日時|作成日時|受付日時|お問い合わせ日時|回答日時|登録日時
		타임스탬프|제출 시간|제출일시|작성일|접수일|생성일시
		Zeitstempel|Eingangsdatum|Erstellt am|Erstellungsdatum|Gesendet am|Eingereicht am|Datum der Übermittlung|Fertigstellungszeit
		Horodateur|Horodatage|Date de soumission|Date d'envoi|Créé le|Date de création|Soumis le|Heure de fin
		Marca temporal|Marca de tiempo|Fecha de envío|Fecha de creación|Enviado el|Fecha y hora de envío|Hora de finalización
		Carimbo de data/hora|Data de envio|Data de criação|Criado em|Enviado em|Data do cadastro
		Informazioni cronologiche|Data di invio|Data creazione|Inviato il|Creato il
		Tijdstempel|Verzonden op|Aangemaakt op|Datum van inzending|Aanmaakdatum
		Zaman damgası|Gönderim tarihi|Oluşturulma tarihi|Gönderilme zamanı
		Отметка времени|Дата отправки|Дата создания|Время заполнения|Дата заявки
		طابع زمني|تاريخ الإرسال|تاريخ الإنشاء|وقت الإرسال
		टाइमस्टैम्प|जमा करने की तिथि|நேர முத்திரை|சமர்ப்பித்த தேதி|Petsa ng pagsumite
		landed_at|started_at|Time started|updated_at|Date Updated|last_modified|Modified date|lastModifiedDate|更新时间|Zuletzt geändert|Última modificación|Last activity date|Mis à jour le`
	vague = `
		time|_time|Time|datetime|date_time|Date and time|date|ts|Start time|Start Date|End time|Registration date|registered_at|Signup date|Conversion date|Completion date|Date/Time
		Startzeit|Datum|Uhrzeit|Hora de inicio|Fecha|Data|日時|時刻|时间|日期|开始时间|Start Date (UTC)|Tarikh|Masa|Tanggal|เวลา|Ngày giờ|Дата|تاريخ`
	wanted = `
		Birthday|Date of birth|DOB|birth_date|Tarikh lahir|Tanggal lahir|生日|出生日期|生年月日|생년월일|วันเกิด|Ngày sinh|Fecha de nacimiento|Data de nascimento|Date de naissance|Geburtsdatum|Data di nascita|Doğum tarihi|Дата рождения|تاريخ الميلاد
		Appointment|Appointment date|appointment_time|Preferred time|Preferred date|Preferred contact time|Best time to call|best_time|When can we call you?|Call back time|Move-in date|move_in|Check-in date|Check-out|Arrival date|Departure
		Event date for the wedding|Wedding date|Visit date|visit_time|Viewing date|Viewing time|Site visit|Test drive date|Meeting time|Delivery date|Delivery time|Pickup time|Reservation time|Booking date|Travel date|Trip dates|Interview date|Session time
		Tarikh lawatan|Tarikh temujanji|Masa sesuai dihubungi|Tarikh masuk|Waktu yang sesuai|Tanggal kunjungan|预约时间|预约日期|看房时间|入住日期|方便联系时间|希望日時|来店日|予約日時|방문 희망일|입주일|วันที่นัดหมาย|เวลาที่สะดวก|Ngày hẹn|Thời gian xem nhà
		Fecha de la cita|Fecha de visita|Horario preferido|Data da visita|Melhor horário|Date de visite|Date souhaitée|Wunschtermin|Besichtigungstermin|Einzugsdatum|Data di visita|Randevu tarihi|Дата визита|تاريخ الموعد
		Passport expiry date|Lease end date|Year of purchase|Expected completion date|Completion date of property|Date of purchase|Graduation date|Anniversary|Joining date|Available from|Availability|Due date|Deadline|Target date|Time zone preference
		Name|Email|Phone|Message|Budget|Company|Created by|Updated by|Submission ID|Submission|Lead source|Status|Time in business|How many times|Delivery timeframe|Lead quality`
)

func TestTimesOfEntriesAreToldFromThoseThatAreAskedFor(t *testing.T) {
	t.Parallel()
	for _, heading := range lines(made) {
		if m := headings.MomentOf(heading); m.Meaning == headings.None || m.Vague && heading != "登録日時" {
			t.Errorf("%q is %+v", heading, m)
		}
	}
	for _, heading := range lines(vague) {
		if m := headings.MomentOf(heading); m.Meaning == headings.None || !m.Vague {
			t.Errorf("%q is %+v", heading, m)
		}
	}
	for _, heading := range lines(wanted) {
		if m := headings.MomentOf(heading); m.Meaning != headings.None && heading != "Submission" {
			t.Errorf("%q is %+v, and is asked for", heading, m)
		}
	}
}

func TestTimesSayOfWhat(t *testing.T) {
	t.Parallel()
	for heading, want := range map[string]headings.Meaning{
		"Start time": headings.Started, "landed_at": headings.Started, "Completion time": headings.Submitted, "date_updated": headings.Changed,
		"最后修改时间": headings.Changed, "last submitted": headings.Submitted, "Erstellt am": headings.Submitted,
	} {
		if m := headings.MomentOf(heading); m.Meaning != want {
			t.Errorf("%q is %+v", heading, m)
		}
	}
}

func FuzzMoments(f *testing.F) {
	for _, all := range []string{made, vague, wanted} {
		for _, heading := range lines(all) {
			f.Add(heading)
		}
	}
	f.Fuzz(func(t *testing.T, heading string) {
		if m := headings.MomentOf(heading); m.Vague && m.Meaning == headings.None {
			t.Errorf("%q is %+v", heading, m)
		}
	})
}
