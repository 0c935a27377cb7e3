"""Words of auto-replies in languages of East and South-East Asia: data (see `language`)."""

from __future__ import annotations

from matching.signals.away.language import Language

LANGUAGES = (
    Language(
        code="zh",
        stems=("自动", "自動", "休假", "外出", "不在", "出差", "假期", "放假", "年假", "离职", "離職", "产假", "病假"),
        subject=(
            r"(?:自动(?:回复|答复|应答|回覆)|自動(?:回覆|答覆|回復|回应|回應)|外出(?:自动|通知|回复)?|不在办公室"
            r"|不在辦公室|休假(?:通知|中)?|假期(?:通知|自动)?|离开办公室|出差(?:通知|中))"
        ),
        away=(
            r"(?:(?:我|本人|我们|我們|本公司|现|現|目前|因)[^.!?\n]{0,30}(?:休假|外出|出差|不在(?:办公室|辦公室"
            r"|公司|座位)|请假|請假|放假|度假|年假|产假|產假|病假|无法(?:及时|立即)?(?:回复|查看|处理)"
            r"|無法(?:及時|立即)?(?:回覆|查看|處理)|离职|離職)|不在(?:办公室|辦公室)|正在(?:休假|度假|出差)"
            r"|休假中|出差中|已(?:经)?(?:离职|離職)|办公室(?:关闭|放假))"
        ),
        then=(
            r"(?:请联系|請聯絡|請聯繫|请(?:与|致电|拨打)|請(?:與|致電)|紧急|緊急|急事|返回|回来|回來|回复|回覆"
            r"|尽快|盡快|期间|期間|谢谢您的|感谢您|感謝您|您的(?:邮件|来信|郵件)|收到|至|到|之前|销假|上班)"
        ),
        automatic=(
            r"(?:这是(?:一封)?(?:系统)?自动(?:回复|生成|发送)|這是(?:一封)?(?:系統)?自動(?:回覆|產生|發送)"
            r"|此(?:邮件|郵件|信)(?:为|為|由系统|由系統)?自动(?:回复|發送|发送)?|本邮件为自动回复"
            r"|已收到您的(?:邮件|来信)[^\n]{0,20}(?:尽快|自动))"
        ),
        until=r"(?:至|到|直到|直至|将于|將於|预计|預計|计划)",
        behind=r"(?:返回|回来|回來|回到|上班|恢复|恢復|之前|前|止|销假)",
    ),
    Language(
        code="ja",
        stems=("自動", "不在", "休暇", "休業", "出張", "外出", "退職", "お休み", "休み", "夏季", "年末年始"),
        subject=(
            r"(?:自動(?:返信|応答|回答|配信)|不在(?:通知|連絡|のお知らせ|返信|の(?:ため|お)|に)?|(?:夏季|冬季"
            r"|年末年始)?休(?:暇|業)(?:の)?(?:お知らせ|ご連絡|通知|中)|外出中|出張中|【自動返信】|\[自動返信\]"
            r"|退職の(?:お知らせ|ご連絡))"
        ),
        away=(
            r"(?:不在(?:に(?:して|し|なり|いたし)|とさせ|のため|と(?:なり|なっ)|です|でござ|期間|中)|休暇(?:を|中"
            r"|の(?:ため|期間))|お休み(?:を|して|させて|を(?:頂|いただ))|休み(?:を(?:頂|いただ|もら|取)|です"
            r"|のため)|出張(?:中|のため|して|に)|外出(?:中|のため|して)|休業(?:と|して|いたし|期間|させて)"
            r"|退職(?:いたし|し(?:まし|て)|しました|致し)|席を外し|社内に(?:おりません|いません))"
        ),
        then=(
            r"(?:まで|から|以降|戻り|戻る|出社|復帰|返信|ご返信|返答|回答|対応|連絡|緊急|お急ぎ|急ぎ|期間"
            r"|メール(?:を|いただ)|ご了承|ありがとう|までの間|お手数|代わり|ご迷惑)"
        ),
        automatic=(
            r"(?:(?:この|本)(?:メール|メッセージ)は[^\n。]{0,20}自動(?:的に|返信|配信|送信|応答)"
            r"|自動返信(?:メール|にて|です|で|いたし))"
        ),
        until=r"(?:次の出社(?:日|予定)?は|出社(?:日|予定)?は|復帰(?:日|予定)?は|戻り(?:は|予定は)|[~〜～]|から)",
        behind=r"(?:まで|より(?:出社|通常|業務|営業|対応)|に(?:戻|出社|復帰)|以降|から(?:出社|通常|業務|営業|対応))",
    ),
    Language(
        code="ko",
        stems=("자동", "부재", "휴가", "출장", "외근", "휴직", "퇴사"),
        subject=r"(?:자동 ?(?:회신|응답|답장)|부재 ?중|휴가 ?중|외출 ?중|출장 ?중)",
        away=(
            r"(?:휴가 ?(?:중|입니다|로)|부재 ?중|출장 ?(?:중|으로)|외근 ?중|자리를 비(?:우|웠)|사무실에 (?:없"
            r"|부재)|휴직 ?중|퇴사)"
        ),
        then=r"(?:까지|부터|급한|긴급|연락|회신|답변|복귀|돌아|감사합니다|문의)",
        automatic=r"(?:자동 ?(?:회신|응답|발송)(?:된|입니다|메일| 메일))",
        behind=r"(?:까지|에 (?:복귀|돌아))",
    ),
    Language(
        code="vi",
        stems=("van phong", "nghi phep", "tu dong", "vang mat", "cong tac"),
        subject=r"(?:tra loi tu dong|thu tra loi tu dong|vang mat|nghi phep|ngoai van phong|phan hoi tu dong)",
        away=(
            r"\b(?:toi|chung toi|hien tai)\b[^.!?\n]{0,40}\b(?:nghi phep|vang mat|di cong tac|khong co mat"
            r"|ngoai van phong)"
        ),
        then=r"\b(?:den|quay lai|tro lai|lien he|khan cap|gap|tra loi|phan hoi|cam on)\b",
        automatic=r"\bday la (?:thu|email|tin nhan|phan hoi) (?:tra loi )?tu dong",
        until=r"\b(?:den(?: (?:het )?ngay)?|tro lai(?: vao)?(?: ngay)?|quay lai(?: vao)?(?: ngay)?)\b",
    ),
    Language(
        code="id",
        stems=("kantor", "cuti", "otomatis", "dinas"),
        subject=r"(?:balasan otomatis|jawaban otomatis|di luar kantor|sedang cuti|cuti\s*(?::|-|$))",
        away=(
            r"\b(?:saya|kami)\b[^.!?\n]{0,40}\b(?:cuti|di luar kantor|dinas luar|perjalanan dinas"
            r"|tidak (?:berada )?di kantor|tidak di tempat)"
        ),
        then=r"\b(?:sampai|hingga|kembali|mendesak|hubungi|menghubungi|membalas|terima kasih|darurat)\b",
        automatic=r"\bini adalah (?:balasan|pesan|email) otomatis",
        until=(
            r"\b(?:sampai(?: dengan)?(?: tanggal)?|hingga(?: tanggal)?|kembali(?: (?:pada"
            r"|ke kantor))*(?: tanggal)?)\b"
        ),
    ),
)
