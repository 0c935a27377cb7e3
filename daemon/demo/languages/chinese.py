"""Chinese."""

from __future__ import annotations

from daemon.demo.language import Language, Topic, in_turn

CHINESE = Language(
    greeting="{name}:您好!",
    closing="此致敬礼",
    wrote="{name} 写道:",
    reply="回复:",
    products=("台潜水泵", "套太阳能水泵", "个压力传感器"),
    places=("乌鲁木齐", "喀什", "伊宁"),
    topics=(
        Topic(
            "询价:{count}{product}",
            in_turn("""
                我们在{place}的项目需要{count}{product},请报价,并注明交货期和付款方式。

                感谢您的询价。报价单见附件,交货期五周,预付百分之三十。

                价格可以接受,能否先发一半?

                可以,一半十天内从库存发出,其余按计划交货。

                好的,订单号为{number},请确认。
            """),
            attachment="报价单 {number}.pdf",
        ),
        Topic(
            "订单 {number} 的发货时间",
            in_turn("""
                请问订单 {number} 的{count}{product}什么时候可以发货?

                货物本周五装车,预计下周三到达{place}。

                货已收到,数量无误,谢谢!
            """),
        ),
    ),
)
