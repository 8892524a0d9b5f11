package headings_test

import (
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/headings"
)

// asked are headings by what they mean, one a line as they stand in files and forms.
var asked = map[headings.Meaning]string{
	headings.Phone: `
		Phone|phone_number|Phone Number|PHONE|Phone No|Phone No.|Phone #|Phone num|Ph|Ph.|Ph No|Mobile|Mobile No|Mobile No.|MobileNo|Mobile Number|Mobile Phone
		Mobile / WhatsApp|Mobile/WhatsApp No.|Tel|Tel.|Tel No|Tel. No.|Telephone|Telephone Number|TEL|H/P|HP|HP No|HP No.|H/P No.|Handphone|Hand Phone|Handphone No
		Contact No|Contact No.|Contact Number|Contact number (WhatsApp)|contactNumber|Cell|Cell Phone|Cellphone|Cell No|Cellular|WhatsApp|WhatsApp Number|Whatsapp No.|WA|No WA|No. WA
		Phone 1 - Value|Phone (Home)|Home Phone|Work Phone|Business Phone|Office Phone|Company Phone|Primary Phone|Main Phone|Direct Phone|Daytime Phone|Other Phone|Alternate Phone
		Customer Phone|Client Mobile|Lead Phone|Buyer Contact No|Your Phone|your-phone|your-tel|What's your phone number?|What is your mobile number?|May I know your phone number?
		Best contact number|Please enter your phone number|Phone Number (Required)|*Phone|Phone*|📞 Phone|1. Phone number|q5_phoneNumber|field[phone]|fields[contact][phone]|form_fields[phone]
		billing_phone|userphone|user_phone|mobile_phone|phoneNumber|contact.phone|Phone number (with country code)|Phone (e.g. 012-345 6789)|Phone: we will only call once or twice
		No. Telefon|No Telefon|Nombor Telefon|Nombor Telefon Bimbit|No. Tel|No Tel.|Telefon|No. Fon|No Telp|No. HP|Nomor HP|Nomor Telepon|Nomor WhatsApp|Nomor Handphone|Telepon|No. Telefon (WhatsApp)|No. Telefon / HP
		电话|手机|手机号|手机号码|联系电话|電話|電話號碼|手機號碼|聯絡電話|您的手机号码|联系电话（必填）|请输入您的手机号码|电话 Phone|Phone / 电话|客户电话|联系人电话
		電話番号|お電話番号|携帯電話番号|携帯電話|TEL|電話番号（必須）|전화번호|휴대폰|휴대폰 번호|연락처|핸드폰 번호
		เบอร์โทร|เบอร์โทรศัพท์|เบอร์มือถือ|หมายเลขโทรศัพท์|เบอร์ติดต่อ|โทรศัพท์|เบอร์โทรศัพท์ของคุณ
		Số điện thoại|số_điện_thoại|SĐT|Điện thoại|Số điện thoại của bạn|Di động|SDT
		Teléfono|Número de teléfono|numero_de_telefono|Celular|Móvil|Tel. móvil|Teléfono celular|Nº de teléfono|¿Cuál es tu número de teléfono?|Telefono de contacto|WhatsApp (con lada)
		Telefone|Celular|Telemóvel|Número de telefone|WhatsApp com DDD|Seu telefone|Telefone para contato|Telefone (com DDD)
		Téléphone|Tél.|Numéro de téléphone|N° de téléphone|Portable|Votre téléphone|Téléphone portable|numéro_de_téléphone
		Telefonnummer|Telefon|Handy|Handynummer|Mobilnummer|Tel.-Nr.|Rufnummer|Mobil|Telefon (privat)|Telefon geschäftlich|Ihre Telefonnummer|Festnetz
		Telefono|Cellulare|Numero di telefono|Cell.|Recapito telefonico|Numero di cellulare
		رقم الهاتف|الهاتف|الجوال|رقم الجوال|رقم الموبايل|رقم الواتساب|هاتف|جوال
		फ़ोन नंबर|मोबाइल नंबर|मोबाइल|फोन|தொலைபேசி எண்|கைபேசி எண்|மொபைல் எண்|தொலைபேசி
		Telefoonnummer|Mobiel nummer|Telefoon|Numero ng telepono|Telefon numarası|Cep telefonu|GSM|Телефон|Номер телефона|Мобильный телефон|Контактный телефон|Ваш номер телефона`,
	headings.Email: `
		Email|E-mail|e-Mail|EMAIL|Email Address|E-mail address|E-Mail Adresse|email_address|emailAddress|Emails|Email ID|EmailID|Mail|E-mail 1 - Value|*Email|Email *|Email (required)|Your email
		your-email|What's your email?|What is your e-mail address?|Work Email|Business Email|Company Email|Personal Email|Primary Email|Customer Email|Client E-mail|Contact Email|user_email|billing_email
		field[email]|acme_form[email]|data[User][email]|inquiry[person][email][0]|fields[email][value]|q4_email|2. Email|Email (we never spam)|Enter your email|✉ Email|Email/邮箱|E-mail 2 Address|Please provide your email address|Email Address (optional)|_replyto
		Emel|E-mel|Alamat E-mel|Alamat Emel|Alamat Email|Surel|邮箱|电子邮箱|电子邮件|邮箱地址|電子郵件|電郵|電郵地址|電子信箱|您的邮箱
		メール|メールアドレス|Eメール|E-mail アドレス|ﾒｰﾙｱﾄﾞﾚｽ|メールアドレス（必須）|이메일|이메일 주소|전자우편|อีเมล|อีเมล์|ที่อยู่อีเมล|อีเมลของคุณ
		Địa chỉ email|Email của bạn|Thư điện tử|Correo|Correo electrónico|correo_electronico|Dirección de correo electrónico|¿Cuál es tu correo electrónico?|Tu email
		Endereço de e-mail|Seu melhor e-mail|Seu e-mail|Correio eletrónico|Courriel|Adresse e-mail|Adresse mail|Adresse électronique|Votre e-mail|Mél
		E-Mail-Adresse|Mailadresse|Ihre E-Mail|Indirizzo e-mail|Indirizzo email|Posta elettronica|La tua email|البريد الإلكتروني|البريد الالكتروني|الايميل|بريد إلكتروني
		ईमेल|ई-मेल|ईमेल पता|மின்னஞ்சல்|மின்னஞ்சல் முகவரி|E-mailadres|E-posta|E-posta adresi|Электронная почта|Почта|Адрес электронной почты|Эл. почта`,
	headings.Name: `
		Name|NAME|Full Name|full_name|FullName|fullname|Full Name (as per IC)|Full Name as per NRIC/Passport|Name (as in passport)|Name:|*Name|Name *|Your Name|your-name|q3_name|What's your name?|What is your full name?
		May I know your name?|Customer Name|Client Name|Contact Name|Contact Person|Lead Name|Guest Name|Buyer's Name|Applicant Name|Patient Name|Name of applicant|Name of customer|Person in charge|PIC Name
		First and last name|First & Last Name|field[name]|form_fields[name]|Display Name|Name 姓名|Name / 姓名|Nama / Name|1. Full name|Enter your full name|Preferred name|billing_name|Complete Name
		Nama|Nama Penuh|nama_penuh|Nama penuh (seperti dalam IC)|Nama Lengkap|nama_lengkap|Nama Anda|Nama Pelanggan|Nama Pembeli|Siapa nama anda?
		姓名|名字|全名|您的姓名|客户姓名|联系人|聯絡人|称呼|姓名（必填）|请输入您的姓名|客戶姓名|真实姓名|您的称呼
		名前|お名前|氏名|フルネーム|お名前（必須）|ご氏名|이름|성명|성함|고객명|ชื่อ|ชื่อ-นามสกุล|ชื่อ-สกุล|ชื่อเต็ม|ชื่อลูกค้า
		Họ và tên|họ_và_tên|Họ tên|Tên|Tên khách hàng|Tên của bạn|Nombre|Nombre completo|nombre_completo|Nombre y apellidos|Nombre y Apellido|¿Cuál es tu nombre?|Nombre del cliente|¿Cómo te llamas?
		Nome|Nome completo|nome_completo|Seu nome|Qual é o seu nome?|Nome e sobrenome|Nom|Nom complet|nom_complet|Nom et prénom|Votre nom|Quel est votre nom ?
		Vollständiger Name|vollständiger_name|Vor- und Nachname|Ihr Name|Wie heißen Sie?|Nome e cognome|Cognome e nome|الاسم|الاسم الكامل|الاسم بالكامل|اسمك|ما هو اسمك
		नाम|पूरा नाम|आपका नाम|பெயர்|முழு பெயர்|உங்கள் பெயர்|Naam|Volledige naam|Ad Soyad|Adınız Soyadınız|İsim|ФИО|Имя|Ваше имя|Полное имя|Как вас зовут?|Buong pangalan|Pangalan`,
	headings.FirstName:      `First Name|first_name|FirstName|firstName|Firstname|FNAME|Given Name|Name (First)|name[first]|Forename|What's your first name?|Your first name|Nama depan|名|Prénom|Vorname|Voornaam|Primer nombre|Primeiro nome|Ihr Vorname|contact[first_name]|billing_first_name`,
	headings.LastName:       `Last Name|last_name|LastName|LNAME|Surname|Family Name|Name (Last)|姓|姓氏|Apellido|Apellidos|Sobrenome|Nom de famille|Nachname|Cognome|Achternaam|นามสกุล|Soyad|Фамилия|اسم العائلة|Nama keluarga|성|Apellido paterno`,
	headings.MiddleName:     `Middle Name|middle_name|Middle Initial|Отчество|Additional Name|Tussenvoegsel`,
	headings.SecondLastName: `Apellido materno|Segundo apellido`,
	headings.Contact:        `Contact|Contact Info|Contact details|Kontak|联系方式|聯絡方式|連絡先|Contacto|How can we reach you?`,
	headings.ExternalID:     `external_id|External ID|Lead ID|lead_id|leadgen_id`,
	headings.Source:         `source|Source`,
}

// others are headings that ask for nothing a lead is known by, or for somebody else's.
const others = `
	company[name]|agent[email]|acme[agent][phone]|Company|Company Name|company_name|Business Name|Organisation|Organization Name|Shop name|Store name|School name|Brand name|Account name|Name (Company)|Name of company|Name of property|Property name
	Project Name|Product name|Campaign name|campaign_name|Ad name|Adset name|Form name|form_name|Page name|Event name|File name|filename|Username|user_name|User Name|Nickname|Domain name|Template name|Course name
	Agent name|Agent phone|Agent email|Agent Contact No|Broker Name|Salesperson|Sales rep name|Consultant name|Owner|Contact owner|Lead owner|Owner email|Manager's name|Assistant's Phone|Referrer name|Referral name|Introducer's phone
	Emergency contact|Emergency Contact No|Emergency contact name|Spouse name|Spouse phone|Father's name|Mother's name|Child's name|Next of kin name|NOK phone|Friend's email|Partner name|Guarantor name
	Email consent|Email opt-in|Email opt in|email_opt_in|Marketing consent|Phone 1 - Label|E-mail 1 - Label|E-mail 1 - Type|Phone 1 - Type|Phone type|Phone model|Phone brand|Mobile model|Email status|Email verified|Phone verified|Email type
	Best time to call|Preferred contact method|Preferred contact|Preferred time to contact|Preferred method of contact|How did you hear about us?|Can we call you?|Can we WhatsApp you?|Do you use WhatsApp?|Is this your WhatsApp number?|May we email you?
	Contact date|Contact type|Contact status|Contact ID|Last contact|Contacted|Contact method|Contact us by|Fax|Fax number|Home Fax|Pager|Website|Address|Home Address|Address 1|Mailing address|Postcode|City|Country|Country code|Area code|Extension
	IP address|Date|Created|Message|Comments|Remarks|Notes|Budget|Status|Title|Job Title|Gender|Age|Date of birth|NRIC|IC No|Passport No|ID|No|No.|Number|#|1|q1|1.3|House number|Unit number|Order number|Invoice No|Reference number|Registration number|Customer number|Client ID
	Telegram username|Instagram handle|LINE ID|WeChat ID|LinkedIn profile|Phone (Emergency)|Name (Spouse)|Name (Agent)|Email (consent)|Phone - Label|Name/Email|Number of bedrooms|iPhone model|Mobile app|phone_number_id|utm_source|lead_status|Lead Source
	Notelist|Hotel|Motel|Möbel|Model|Nominal|Rename|Surnames of pets|Emailed|Callback|Tender|Phonetic First Name|Given Name Yomi|Phone Book|E-mail Display Name|email_sha256|Sent Email|Email count|Email template|Email subject
	Nama syarikat|Nama ejen|Nama projek|Nama pasangan|No. kecemasan|Nombor IC|Jenis telefon|Nombre de la empresa|Nombre de usuario|Nombre del agente|Correo del asesor|Contacto de emergencia|Nom de l'entreprise|Nom de jeune fille|Nom d'utilisateur|Nome da empresa|Nome utente|Firmenname|Benutzername|Firma|Nome azienda|Naam bedrijf
	公司名称|公司|用户名|项目名称|紧急联系人|紧急联系电话|推荐人姓名|经纪人姓名|微信号|微信|产品名称|邮编|地址|昵称|传真|会社名|フリガナ|氏名（カナ）|お名前（フリガナ）|緊急連絡先|회사명|닉네임|긴급 연락처|ชื่อบริษัท|ชื่อเล่น|ไลน์ไอดี|Tên công ty|Tên dự án|Người giới thiệu
	اسم الشركة|اسم المستخدم|اسم الوكيل|कंपनी का नाम|நிறுவனத்தின் பெயர்|Название компании|Логин|Şirket adı|Kullanıcı adı|Mobile home|ad_id|Ad ID|adset_id|ad_name|Ad set name|campaign_id|creative_id|Phone call duration|Call log|Text`

func lines(text string) []string {
	var all []string
	for one := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '|' || r == '\n' || r == '\t' }) {
		all = append(all, one)
	}
	return all
}

func TestHeadings(t *testing.T) {
	t.Parallel()
	for meaning, text := range asked {
		for _, heading := range lines(text) {
			if got := headings.Of(heading); got.Meaning != meaning {
				t.Errorf("%q means %q with rank %d, not %q", heading, got.Meaning, got.Rank, meaning)
			}
		}
	}
}

func TestHeadingsOfOthers(t *testing.T) {
	t.Parallel()
	for _, heading := range lines(others) {
		if got := headings.Of(heading); got.Meaning != headings.None && got.Meaning != headings.Salutation {
			t.Errorf("%q means %q with rank %d", heading, got.Meaning, got.Rank)
		}
	}
}

func TestTheSurestHeadingComesFirst(t *testing.T) {
	t.Parallel()
	for _, order := range []string{
		"Phone|Phone 2|Work Phone", "Mobile|Home phone", "WhatsApp|Office Tel", "Phone 1|Phone 2|Phone 3", "Phone|Alternate phone",
		"Email|Email 2|Work email", "Personal email|Company email", "Full name|Display name", "Name|Contact person", "Parent name|Student name",
		"Name|Guest name", "Customer phone|Other phone", "Phone|Phone (so that we can call)", "手机|公司电话",
	} {
		all := lines(order)
		for i := range all[1:] {
			if surer, other := headings.Of(all[i]), headings.Of(all[i+1]); surer.Rank >= other.Rank || surer.Meaning != other.Meaning {
				t.Errorf("%q has rank %d, %q %d", all[i], surer.Rank, all[i+1], other.Rank)
			}
		}
	}
}

func TestWhatIsNotToBeGuessed(t *testing.T) {
	t.Parallel()
	for heading, m := range map[string]headings.Meaning{
		"Agent": headings.Email, "Assigned to": headings.Email, "Owner": headings.Phone, "IC No": headings.Phone, "to": headings.Email,
		"Order": headings.Phone, "Budget (RM)": headings.Phone, "Fax": headings.Phone, "紧急联系人": headings.Phone, "Created by": headings.Email,
	} {
		if !headings.OfOther(heading, m) {
			t.Errorf("%q may be the lead's %s", heading, m)
		}
	}
	for heading, m := range map[string]headings.Meaning{
		"2": headings.Email, "input_4": headings.Phone, "Wohin?": headings.Email, "Where can we send it": headings.Email, "Kolom B": headings.Phone,
	} {
		if headings.OfOther(heading, m) {
			t.Errorf("%q cannot be the lead's %s", heading, m)
		}
	}
}

func FuzzHeadings(f *testing.F) {
	for _, text := range asked {
		for _, heading := range lines(text) {
			f.Add(heading)
		}
	}
	for _, heading := range lines(others) {
		f.Add(heading)
	}
	f.Fuzz(func(t *testing.T, heading string) {
		r := headings.Of(heading)
		if r.Rank < 0 || r.Meaning == headings.None && r != (headings.Reading{}) {
			t.Errorf("%q is read as %+v", heading, r)
		}
		if again := headings.Of(" " + heading + " "); again.Meaning != r.Meaning {
			t.Errorf("spaces around %q change it from %q to %q", heading, r.Meaning, again.Meaning)
		}
		headings.OfOther(heading, headings.Phone)
	})
}

func BenchmarkOf(b *testing.B) {
	for b.Loop() {
		headings.Of("Please enter your best contact number (with country code)")
	}
}
