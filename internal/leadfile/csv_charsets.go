package leadfile

import (
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// What is common in lists of people in each script: letters, surnames, parts of given names and places, and what stands
// in headings and notes.
const (
	simplified = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文" +
		"伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华玉萍红玲芬燕彬斌鹏宇浩凯健俊帆帅旭宁婷雪琳晶欣莹慧倩佳嘉思雨梦涵子轩梓晨博志建国海峰云飞春梅建新成光辉东阳天永福德荣清珍珠月凤莲美爱琴素云小大" +
		"姓名电话手机号码邮箱地址备注公司客户来源日期时间城市年龄性别职业微信联系人编号状态类型产品预算意向区域省市区县路号楼室街道镇村北京上海广州深圳南西中山湖安徽河四川重庆天津浙苏杭成都武汉" +
		"的一是不了在人有我他这个们来到说要去你会着没看好自己那么下过都就可以还和对先生女士小姐已未联系跟进成交无效有效想买房车学报咨询请回复本月今年日线上下网站广告表单测试数据信息"
	traditional = "王李張劉陳楊趙黃周吳徐孫胡朱高林何郭馬羅梁宋鄭謝韓唐馮于董蕭程曹袁鄧許傅沈曾彭呂蘇盧蔣蔡賈丁魏薛葉閻余潘杜戴夏鍾汪田任姜范方石姚譚廖鄒熊金陸郝孔白崔康毛邱秦江史顧侯邵孟龍萬段雷錢湯尹黎易常武喬賀賴龔文莊簡游詹" +
		"偉芳娜秀英敏靜麗強磊軍勇艷傑娟濤明超蘭霞平剛桂華玉萍紅玲芬燕彬斌鵬宇浩凱健俊帆帥旭寧婷雪琳晶欣瑩慧倩佳嘉思雨夢涵子軒晨博志建國海峰雲飛春梅新成光輝東陽天永福德榮清珍珠月鳳蓮美愛琴素小大淑惠怡君雅雯宗家豪冠宏" +
		"姓名電話手機號碼郵箱地址備註公司客戶來源日期時間城市年齡性別職業聯繫人編狀態類型產品預算意向區域省市縣路號樓室街道鎮村台臺北京上海港九龍新界澳門中南西高雄桃園" +
		"的一是不了在人有我他這個們來到說要去你會著沒看好自己那麼下過都就可以還和對先生女士小姐已未聯絡跟進成交無效有效想買房車學報諮詢請回覆本月今年日線網站廣告表單測試資料訊息"
	kanji = "佐藤鈴木高橋田中渡辺伊東山本村小林加吉斎松井石川前岡長谷部後近坂遠青西福太三浦原野金上島池阿森橋内清崎下宮北平久保大黒水谷美子郎一二三男夫雄介太智恵健翔樹愛優真由理香奈菜花陽和也明裕之彦正義幸" +
		"氏名電話番号携帯住所会社備考日付時間都道府県市区町村京阪名古屋横浜神戸札幌広様年月円件希望問合先生学校東西南北新中央駅丁目連絡未済済希望資料請求予約"
	hangul = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지현수영미은혜숙희경자순옥연정아선나라다가기도해인준호원재상석철훈용태민서윤예하유빈채원시우건도준지후예준" +
		"이름성명전화번호휴대폰핸드폰이메일주소회사비고날짜시간도시나이성별직업상태등록일신청서울부산대구인천광주대전울산경기강남북동면리로길층호구시군읍의에을를은는가이다고요합니습까지만한것수있없었했되어사람문의상담예약완료희망원합님"
	cyrillic   = "оеаинтсрвлкмдпуяьАВДЕИКЛМНОПРСТ"
	greek      = "αοιετσνηυρπκμλςγδθωχφάέήίόύώΑΕΗΙΟΚΜΝΠΣΤΓΔΘΛ"
	hebrew     = "יוהלארתבמשנםדקעחכןפגסט"
	arabic     = "اليمنرتوبةعدسفهكقحجشطصخأإى"
	thai       = "กขคงจชซญฐณดตถทธนบปผพฟภมยรลวศษสหอฮะาำเแโใไิีึืุูัั็่้์๊ฉฎฝฤๆ"
	western    = "éèêëàâäáãåçñóòôöõíîïúùûüßÉÈÊÀÂÄÁÃÅÇÑÓÔÖÕÍÚÜœæøÆØìÌ"
	polish     = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉÍŇŘŠŤÚŮÝŽöőüűÖŐÜŰľôäăâîșțşţđĐ"
	turkish    = "çğıöşüÇĞİÖŞÜâî"
	baltic     = "āčēģīķļņšūžąęėįųĀČĒĢĪĶĻŅŠŪŽĄĘĖĮŲõäöü"
	vietnamese = "ăâđêôơưĂÂĐÊÔƠƯàáèéìíòóùúýÀÁÈÉÌÍÒÓÙÚÝ\u0300\u0301\u0303\u0309\u0323"
)

// kana are all common in Japanese.
func kana() string {
	var all []rune
	for r := 'ぁ'; r <= 'ヶ'; r++ {
		all = append(all, r)
	}
	return string(append(all, 'ー'))
}

func runesOf(text string) map[rune]bool {
	all := make(map[rune]bool)
	for _, r := range text {
		all[r] = true
	}
	return all
}

func wideSet(name string, e encoding.Encoding, common string, script ...*unicode.RangeTable) *charset {
	return &charset{name: name, encoding: e, common: runesOf(common), script: script, wide: true}
}

func scriptSet(name string, e encoding.Encoding, common string, script ...*unicode.RangeTable) *charset {
	return &charset{name: name, encoding: e, common: runesOf(common), script: script}
}

func latinSet(name string, e encoding.Encoding, common string) *charset {
	return &charset{name: name, encoding: e, common: runesOf(common), script: []*unicode.RangeTable{unicode.Latin, unicode.Mn}, mixes: true}
}

// iso2022 tells itself by its escapes.
var iso2022 = &charset{name: "ISO-2022-JP (Japanese)", encoding: japanese.ISO2022JP}

// charsets are those that files come in; of several that are as likely, the first is taken.
var charsets = []*charset{
	latinSet("Windows-1252 (Western European)", charmap.Windows1252, western),
	wideSet("GB18030 (simplified Chinese)", simplifiedchinese.GB18030, simplified, unicode.Han),
	wideSet("Big5 (traditional Chinese)", traditionalchinese.Big5, traditional, unicode.Han),
	wideSet("Shift_JIS (Japanese)", japanese.ShiftJIS, kanji+kana(), unicode.Han, unicode.Hiragana, unicode.Katakana),
	wideSet("EUC-KR (Korean)", korean.EUCKR, hangul, unicode.Hangul),
	wideSet("EUC-JP (Japanese)", japanese.EUCJP, kanji+kana(), unicode.Han, unicode.Hiragana, unicode.Katakana),
	scriptSet("Windows-1251 (Cyrillic)", charmap.Windows1251, cyrillic, unicode.Cyrillic),
	scriptSet("KOI8-U (Cyrillic)", charmap.KOI8U, cyrillic, unicode.Cyrillic),
	scriptSet("IBM 866 (Cyrillic)", charmap.CodePage866, cyrillic, unicode.Cyrillic),
	scriptSet("ISO 8859-5 (Cyrillic)", charmap.ISO8859_5, cyrillic, unicode.Cyrillic),
	scriptSet("Windows-874 (Thai)", charmap.Windows874, thai, unicode.Thai),
	scriptSet("Windows-1256 (Arabic)", charmap.Windows1256, arabic, unicode.Arabic),
	scriptSet("Windows-1255 (Hebrew)", charmap.Windows1255, hebrew, unicode.Hebrew),
	scriptSet("Windows-1253 (Greek)", charmap.Windows1253, greek, unicode.Greek),
	latinSet("Windows-1250 (Central European)", charmap.Windows1250, polish),
	latinSet("ISO 8859-2 (Central European)", charmap.ISO8859_2, polish),
	latinSet("Windows-1254 (Turkish)", charmap.Windows1254, turkish),
	latinSet("Windows-1257 (Baltic)", charmap.Windows1257, baltic),
	latinSet("Windows-1258 (Vietnamese)", charmap.Windows1258, vietnamese),
	latinSet("Mac OS Roman", charmap.Macintosh, western),
	latinSet("IBM 850 (Western European)", charmap.CodePage850, western),
}
