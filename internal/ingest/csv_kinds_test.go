package ingest_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

const (
	noContact = "The row has no name, email or phone; fill in one of them."
	noPerson  = "The row is no lead, but the end of a list or a sum: it has no email or phone, and its name is %. If somebody is called that, add one of these."
)

// No row of a file vanishes, and none becomes a lead that is none.
var kindsOfRows = []struct {
	name, file string
	want       []string
}{
	{"guards", "name,phone,note\n=\"Tan, Ada\",\"=\"\"0123456781\"\"\",'=1+1\n'Bea,'+60123456782,=\"x\"\n\"\t\u200eCyd\u200e\",\u202a0123456783\u202c,\ufeff-\n\ufeff\"Lim, Dee\",=0123456784,\n", []string{
		`2: Tan, Ada||0123456781||{"note":"=1+1"}`, `3: Bea||+60123456782||{"note":"x"}`, `4: Cyd||0123456783||{"note":"-"}`, "5: Lim, Dee||0123456784||{}",
	}},
	{"errors", "name,email,phone,score\n#N/A,a@b.co,#REF!,#DIV/0!\n#NV,,#WERT!,1\nErr:502,c@d.co,######,#¡VALOR!\n# 1 Homes,,1,#hash\n", []string{
		"2: |a@b.co|||{}", "3! The row has errors of a spreadsheet, such as #REF!, and no name, email or phone; mend its formulas.",
		"4: |c@d.co|||{}", `5: # 1 Homes||1||{"score":"#hash"}`,
		"Cells that hold an error of a spreadsheet, such as #N/A, were taken for empty in 2 rows (lines 2 and 4).",
	}},
	{"sums and ends", "name,email,amount\nAda,a@b.co,1\nTotal:,,30\nGrand Total,,30\n合计,,30\nSuma,,30\nSuma,,\nEND,,\n-----,,\n(3 rows affected),,\nPage 1 of 2,,\nTotal Ng,t@b.co,\nEnd,,x\n张,,\n", []string{
		`2: Ada|a@b.co|||{"amount":"1"}`,
		"3! " + strings.Replace(noPerson, "%", `"Total:"`, 1), "4! " + strings.Replace(noPerson, "%", `"Grand Total"`, 1), "5! " + strings.Replace(noPerson, "%", `"合计"`, 1),
		"6! " + strings.Replace(noPerson, "%", `"Suma"`, 1), "7: Suma||||{}", "8! " + strings.Replace(noPerson, "%", `"END"`, 1), "9! " + strings.Replace(noPerson, "%", `"-----"`, 1),
		"10! " + strings.Replace(noPerson, "%", `"(3 rows affected)"`, 1), "11! " + strings.Replace(noPerson, "%", `"Page 1 of 2"`, 1),
		"12: Total Ng|t@b.co|||{}", `13: End||||{"amount":"x"}`, "14: 张||||{}",
	}},
	{"nothing to be seen", "name,phone\n\u200b,\u2060\n\x1a,\n\u3164,\ufeff\nAda,1\x1a\n\x1a", []string{"5: Ada||1||{}"}},
	{"second headers", "Name,E-mail\nAda,a@b.co\nNAME,e_mail\n=\"Name\",'E-mail\n\ufeffname,E-mail,\nBea,b@b.co\nemail,name,phone\nc@b.co,Cyd,1\n", []string{
		"2: Ada|a@b.co|||{}", "6: Bea|b@b.co|||{}", "8: Cyd|c@b.co|1||{}",
		"Other columns are named within the file (line 7); the rows below were read by these.",
	}},
	{"titles above", "\"Report, of \"\"leads\"\"\"\nFrom;To\n\nContacts;;\nName;Email;Phone\nAda;a@b.co;1\n", []string{
		"6: Ada|a@b.co|1||{}", "What stands above the header was left out (lines 1, 2 and 4).",
	}},
	{"byte order marks", "\ufeff\ufeff\ufeff\"name\",phone\nAda,1\n", []string{"2: Ada||1||{}"}},
	{"backslashes", "name,note,phone\n\"A\",\"5\\\" x 7\\\"\",1\n\"B\",\"C:\\dir\\\",2\n\"C\",\"a \\\", b\",3\n\"D\",\"\\\"q\\\" r\",4\nE,say \\\"x\\\",5\n\"F\",\"one\n\\\"two\\\"\",6\n\"G\",\"a\"\" \\\"b\"c\",7\n", []string{
		`2: A||1||{"note":"5\" x 7\""}`, `3: B||2||{"note":"C:\\dir\\"}`, `4: C||3||{"note":"a \", b"}`, `5: D||4||{"note":"\"q\" r"}`, `6: E||5||{"note":"say \"x\""}`,
		`7: F||6||{"note":"one\n\"two\""}`, "9! Quotation marks stand behind backslashes on this line, and it can be read in several ways; double the marks of the text instead.",
	}},
	{"an address among the numbers", "name,message,email,phone\nAda,hi\\, there,ada@example.com,\n", []string{
		"2! An address of e-mail stands under \"phone\"; see whether the row's cells stand in others' columns, as they do behind a delimiter or a quotation mark too many.",
	}},
	{"a CR within LF", "name,note\r\nAda,\"a\rb\"\r\nBea,c\rd\r\nCyd,e\r\r\n", []string{`2: Ada||||{"note":"a\nb"}`, `3: Bea||||{"note":"c\nd"}`, `4: Cyd||||{"note":"e"}`}},
	{"numbers", "name,phone,lead id\nA,6.0123456781E+10,\"1,234\"\nB,6.01235E+10,31.0\nC,\"60,123,456,783.00\",9007199254740993\nD,\"+60 12,345\",1.5\nE,\"6,0123456785E+10\",7.412345678901235E+18\n", []string{
		"2: 1234 A||60123456781||{}", "3: 31 B||6.01235E+10||{}", "4: 9007199254740993 C||60123456783||{}", "5: 1.5 D||+60 12,345||{}", "6: E||60123456785||{}",
	}},
	{"empty columns", "name,email" + strings.Repeat(",", 3000) + "\nAda,a@b.co" + strings.Repeat(",", 4000) + "\n", []string{"2: Ada|a@b.co|||{}"}},
	{"a web page called .xls", "\ufeff\n<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">\n<body><TABLE>", []string{"end: The file is a web page with a table in it (HTML), whatever its name, as some programs write for Excel; open it in a spreadsheet program, save it as XLSX or CSV, and send that."}},
	{"XML of 2003", "<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook>", []string{"end: The file is a workbook in the form of XML (Spreadsheet 2003), whatever its name; open it in a spreadsheet program, save it as XLSX or CSV, and send that."}},
	{"PDF", "%PDF-1.7\n\xe2\xe3", []string{"end: The file is a PDF document, from which leads cannot be told for certain; export them from where the document comes from as XLSX or CSV, and send that."}},
	{"RTF", "{\\rtf1\\ansi}", []string{"end: The file is a text document (RTF); put its leads into a spreadsheet, save it as XLSX or CSV, and send that."}},
	{"contacts", "BEGIN:VCARD\nFN:Ada\nEND:VCARD\n", []string{"end: The file holds contacts as vCard; export them as CSV where they come from, and send that."}},
}

func TestKindsOfRows(t *testing.T) {
	t.Parallel()
	for _, test := range kindsOfRows {
		t.Run(test.name, func(t *testing.T) { t.Parallel(); isReadAs(t, test.want, readFile, test.file) })
	}
}

func TestEncodingsAreToldByContent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		encoding encoding.Encoding
		names    string // with a space between them
		says     string
	}{
		"GB18030":      {simplifiedchinese.GB18030, "张伟 李娜 王芳 欧阳建国", "GB18030"},
		"Big5":         {traditionalchinese.Big5, "陳怡君 林志豪 黃淑惠 張雅雯", "Big5"},
		"Shift_JIS":    {japanese.ShiftJIS, "佐藤健 鈴木さくら タナカ 高橋翔太", "Shift_JIS"},
		"EUC-JP":       {japanese.EUCJP, "佐藤健 鈴木さくら 高橋ゆうこ", "EUC-JP"},
		"ISO-2022-JP":  {japanese.ISO2022JP, "佐藤健 鈴木さくら", "ISO-2022-JP"},
		"EUC-KR":       {korean.EUCKR, "김민준 이서연 박지훈 최수빈", "EUC-KR"},
		"Windows-1250": {charmap.Windows1250, "Łukasz Wiśniewski Dvořák Černý Kovács", "Windows-1250"},
		"Windows-1251": {charmap.Windows1251, "Иван Петров Анна Сергеевна", "Windows-1251"},
		"KOI8":         {charmap.KOI8R, "Иван Петров Анна Сергеевна", "KOI8"},
		"IBM 866":      {charmap.CodePage866, "Иван Петров Анна Сергеевна", "IBM 866"},
		"Windows-1252": {charmap.Windows1252, "René Muñoz François Jürgen São", "Windows-1252"},
		"Windows-1253": {charmap.Windows1253, "Γιώργος Μαρία Παπαδόπουλος", "Windows-1253"},
		"Windows-1254": {charmap.Windows1254, "Şahin Yıldız Çağlar Gökçe İbrahim", "Windows-1254"},
		"Windows-1255": {charmap.Windows1255, "שלום כהן מרים לוי", "Windows-1255"},
		"Windows-1256": {charmap.Windows1256, "محمد أحمد فاطمة الزهراء", "Windows-1256"},
		"Windows-1257": {charmap.Windows1257, "Jānis Bērziņš Ģirts Žukauskas", "Windows-1257"},
		"Windows-874":  {charmap.Windows874, "สมชาย ใจดี กิตติพงษ์ สุดา", "Windows-874"},
		"Mac OS Roman": {charmap.Macintosh, "René Muñoz François Jürgen", "Mac OS Roman"},
		"IBM 850":      {charmap.CodePage850, "René Muñoz François Jürgen", "IBM 850"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, want := "name,phone\n", []string(nil)
			for i, one := range strings.Fields(c.names) {
				file += one + ",01234567" + string(rune('0'+i)) + "\n"
				want = append(want, string(rune('2'+i))+": "+one+"||01234567"+string(rune('0'+i))+"||{}")
			}
			text, err := c.encoding.NewEncoder().String(file)
			if err != nil {
				t.Fatal(err)
			}
			got := readFile(iotest.OneByteReader(strings.NewReader(text)))
			if len(got) == 0 || !strings.Contains(got[len(got)-1], "was taken for "+c.says) {
				t.Fatalf("read as %q", got)
			}
			if diff := cmp.Diff(want, got[:len(got)-1]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUTF16WithoutMarkBeginsWithAnyCharacter(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		var file []byte
		for _, unit := range utf16.Encode([]rune("姓名,name,phone\r\n张伟,张伟,1\r\n")) {
			file = order.AppendUint16(file, unit)
		}
		got := readFile(strings.NewReader(string(file)))
		if len(got) != 1 || !strings.HasPrefix(got[0], "2: 张伟|") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
