package headings_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/headings"
)

func TestNamesInParts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		cells map[string]string
		want  string
	}{
		{"two parts", map[string]string{"First Name": "Aisyah", "Last Name": "Tan"}, "Aisyah Tan"},
		{"with one between them", map[string]string{"First Name": "Aisyah", "Middle Name": "Mei", "Last Name": "Tan"}, "Aisyah Mei Tan"},
		{"one part", map[string]string{"First Name": "Aisyah"}, "Aisyah"},
		{"a whole name beside its parts", map[string]string{"Full Name": "Aisyah Tan", "First Name": "Aisyah", "Last Name": "Tan"}, "Aisyah Tan"},
		{"a bare name that is whole", map[string]string{"Name": "Aisyah Tan", "Surname": "Tan"}, "Aisyah Tan"},
		{"a bare name that is the first", map[string]string{"Name": "Aisyah", "Surname": "Tan"}, "Aisyah Tan"},
		{"a bare name that is the last", map[string]string{"Vorname": "Jörg", "Name": "Müller"}, "Jörg Müller"},
		{"French", map[string]string{"Nom": "Dupont", "Prénom": "Zoé"}, "Zoé Dupont"},
		{"Thai", map[string]string{"ชื่อ": "สมชาย", "นามสกุล": "ใจดี"}, "สมชาย ใจดี"},
		{"Turkish", map[string]string{"Ad": "Ayşe", "Soyad": "Yılmaz"}, "Ayşe Yılmaz"},
		{"an ad is no name", map[string]string{"Ad": "Summer"}, ""},
		{"Russian", map[string]string{"Фамилия": "Иванов", "Имя": "Иван", "Отчество": "Петрович"}, "Иван Петрович Иванов"},
		{"two family names", map[string]string{"Nombre": "María", "Apellido paterno": "García", "Apellido materno": "Pérez"}, "María García Pérez"},
		{"Chinese", map[string]string{"姓": "张", "名": "伟"}, "张伟"},
		{"Chinese headings over other letters", map[string]string{"姓": "Tan", "名": "Aisyah"}, "Tan Aisyah"},
		{"Korean", map[string]string{"성": "김", "이름": "민준"}, "김민준"},
		{"Japanese in kana", map[string]string{"姓": "やまだ", "名": "たろう"}, "やまだ たろう"},
		{"Vietnamese", map[string]string{"Họ": "Nguyễn", "Tên đệm": "Văn", "Tên": "An"}, "Nguyễn Văn An"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var w headings.Written
			for heading, cell := range test.cells {
				w.Add(headings.Part{Text: cell, Reading: headings.Of(heading)})
			}
			if got, _ := w.Full(); got != test.want {
				t.Errorf("it is %q, not %q", got, test.want)
			}
		})
	}
}
