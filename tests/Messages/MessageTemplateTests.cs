using CartRecovery.Contracts;
using CartRecovery.Engine.Messages;
using static CartRecovery.Tests.Messages.TemplateSamples;

namespace CartRecovery.Tests.Messages;

public sealed class MessageTemplateTests
{
    [TestCase("No tag.", "No tag.")]
    [TestCase("{{ cart.item_count }} for {{ cart.total | money }} in {{ cart.id }}", "3 for €1,234.50 in c 1")]
    [TestCase("{{ cart.total }} {{ cart.currency }}", "1234.5 EUR")]
    [TestCase("Hi {{ customer.first_name | default: 'there' }}!", "Hi Ada!")]
    [TestCase("Hi {{ customer.nickname | default: 'there' }}!", "Hi there!")]
    [TestCase("{{ customer.name }} {{ customer.id }} {{ customer.email }} {{ customer.phone }}", "Ada Byron u1 ada@example.com ")]
    [TestCase("{{ customer.plan }} {{ customer.attributes.plan }} {{ customer.attributes['plan'] }} {{ customer.visits | plus: 1 }}", "gold gold gold 8")]
    [TestCase("{% if customer.vip %}{{ customer.tags | join: '/' }}{% endif %}", "new/<b>")]
    [TestCase("{% for line in cart.lines %}{{ line.quantity }} {{ line.name }} at {{ line.price | money }} = {{ line.total | money }}; {% endfor %}",
        "1 hat at €34.50 = €34.50; 2 shoe at €600.00 = €1,200.00; ")]
    [TestCase("{% for line in cart.lines limit: 1 %}{{ line.url }} {{ line.image }} {{ forloop.index }}/{{ forloop.length }}{% endfor %}",
        "https://s.example/hat https://s.example/hat.png 1/1")]
    [TestCase("{% for line in cart.lines offset: 1 %}{{ line.name }}{% if line.url %}!{% endif %}{% endfor %}", "shoe")]
    [TestCase("{{ cart.lines.first.name }} {{ cart.lines.last.name }} {{ cart.lines.size }} {{ cart.lines[1].name }}", "hat shoe 2 shoe")]
    [TestCase("{% assign dear = cart.lines | where: 'name', 'shoe' | first %}{{ dear.name }}", "shoe")]
    [TestCase("{{ cart.lines | map: 'name' | sort | reverse | join: ', ' }}", "shoe, hat")]
    [TestCase("{{ offer.type }} {{ offer.discount_percent }}% {{ offer.code }}", "discount 12.5% BACK12")]
    [TestCase("{{ store.name }} ({{ store.id }})", "Hat & Shoe (demo)")]
    [TestCase("{{ links.cart }} {{ links.unsubscribe }}", "https://r.example/c https://r.example/u")]
    [TestCase("{% if cart.total > 1000 and offer.code %}rich{% elsif cart.total > 100 %}fine{% else %}poor{% endif %}", "rich")]
    [TestCase("{% case offer.type %}{% when 'discount' %}off{% else %}on{% endcase %}", "off")]
    [TestCase("{% unless cart.item_count == 1 %}many{% endunless %}", "many")]
    [TestCase("{{ 'now' | date: '%A %d %B %Y, %H:%M' }}", "Tuesday 02 June 2026, 00:30")]
    [TestCase("a{%- comment -%} {{ nothing }} {%- endcomment -%}b{% raw %}{{ c }}{% endraw %}", "ab{{ c }}")]
    [TestCase("{% for line in cart.lines %}{% cycle 'odd', 'even' %} {% endfor %}", "odd even ")]
    [TestCase("{% capture all %}{% for line in cart.lines %}{{ line.name }},{% endfor %}{% endcapture %}{{ all | split: ',' | size }}", "2")]
    public void A_template_renders_its_variables(string template, string expected) => Assert.That(Render(template), Is.EqualTo(expected));

    [TestCase("{{ 5 | money }}", "€5.00")]
    [TestCase("{{ 5 | money_without_trailing_zeros }} {{ 5.5 | money_without_trailing_zeros }}", "€5 €5.50")]
    [TestCase("{{ 1234.5 | money_with_currency }}", "€1,234.50 EUR")]
    [TestCase("{{ 1234.5 | money_without_currency }} {{ 1234.5 | amount }}", "1,234.50 1234.50")]
    [TestCase("{{ 1 | pluralize: 'item', 'items' }} {{ 2 | pluralize: 'item', 'items' }} {{ 0 | pluralize: 'item', 'items' }}", "item items items")]
    [TestCase("{{ '<a> & b' | escape }} {{ '&lt;' | escape_once }}", "&lt;a&gt; &amp; b &lt;")]
    [TestCase("{{ 'ab c' | upcase }} {{ 'AB' | downcase }} {{ 'ab' | capitalize }}", "AB C ab Ab")]
    [TestCase("{{ 'one two three' | truncate: 9 }} {{ 'one two three' | truncatewords: 2 }}", "one tw... one two...")]
    [TestCase("{{ '<p>a</p>' | strip_html }}{{ ' b ' | strip }}{{ 'a b/c' | url_encode }}", "aba+b%2Fc")]
    [TestCase("{{ 7 | plus: 3 }} {{ 7 | minus: 3 }} {{ 7 | times: 3 }} {{ 7 | divided_by: 2 }} {{ 7 | divided_by: 2.0 }} {{ 7 | modulo: 3 }}", "10 4 21 3 3.5 1")]
    [TestCase("{{ 1.456 | round: 2 }} {{ 1.2 | ceil }} {{ 1.8 | floor }} {{ -3 | abs }} {{ 3 | at_least: 5 }} {{ 3 | at_most: 2 }}", "1.46 2 1 3 5 2")]
    [TestCase("{{ 'a' | append: 'b' | prepend: 'c' }} {{ 'aba' | replace: 'a', 'x' }} {{ 'aba' | remove: 'b' }}", "cab xbx aa")]
    [TestCase("{{ 'c,a,b' | split: ',' | sort | join: '-' }} {{ 'a,b' | split: ',' | first }} {{ 'abc' | slice: 1, 2 }} {{ 'abc' | size }}", "a-b-c a bc 3")]
    [TestCase("{{ 'a\"b' | json }}", "\"a\\u0022b\"")]
    [TestCase("{{ '2026-03-09' | date: '%-d %b %Y' }}", "9 Mar 2026")]
    [TestCase("{{ 'a\nb' | newline_to_br }}", "a<br />\nb")]
    public void Filters_match_Shopifys(string template, string expected) => Assert.That(Render(template), Is.EqualTo(expected));

    [TestCaseSource(typeof(FilterSamples), nameof(FilterSamples.Cases))]
    public void Every_documented_filter_works(string template, string expected) => Assert.That(Render(template), Is.EqualTo(expected));

    [Test]
    public void Every_filter_has_a_sample() => Assert.That(FilterSamples.All.Select(sample => sample.Filter), Is.EquivalentTo(MessageFilters.Names));

    [TestCase("{{ cart.lines | sum: 'total' | money }} {{ cart.lines | sum: 'quantity' }}", "€1,234.50 3")]
    [TestCase("{{ cart.lines | map: 'name' | join: ', ' }} {{ cart.lines | map: 'image' | compact | size }}", "hat, shoe 1")]
    [TestCase("{% assign found = cart.lines | where: 'quantity', 2 %}{{ found[0].name }}{{ found.size }}", "shoe1")]
    [TestCase("{{ cart.lines | where: 'url' | map: 'name' }} {{ cart.lines | reject: 'url' | map: 'name' }}", "hat shoe")]
    [TestCase("{{ cart.lines | reject: 'name', 'hat' | map: 'name' }}", "shoe")]
    [TestCase("{% assign found = cart.lines | find: 'name', 'shoe' %}{{ found.quantity }}", "2")]
    [TestCase("{% assign found = cart.lines | find: 'name', 'sock' %}[{{ found.quantity }}]", "[]")]
    [TestCase("{{ cart.lines | find_index: 'name', 'shoe' }} {{ cart.lines | has: 'name', 'shoe' }} {{ cart.lines | has: 'name', 'sock' }}", "1 true false")]
    [TestCase("{{ cart.lines | sort: 'total' | map: 'name' | join }} {{ cart.lines | sort: 'total' | reverse | map: 'name' | join }}", "hat shoe shoe hat")]
    [TestCase("{{ cart.lines | sort_natural: 'name' | map: 'name' | join }} {{ cart.lines | sort: 'image' | map: 'name' | join }}", "hat shoe hat shoe")]
    [TestCase("{{ cart.lines | concat: cart.lines | uniq: 'name' | map: 'name' | join }}", "hat shoe")]
    [TestCase("{{ cart.lines | compact: 'image' | map: 'name' }}", "hat")]
    [TestCase("{{ '3,10,x' | split: ',' | sum }} {{ (1..4) | sum }} {{ '' | split: ',' | sum: 'total' }}", "13 10 0")]
    public void Filters_of_lists_see_the_fields_of_products(string template, string expected) => Assert.That(Render(template), Is.EqualTo(expected));

    [TestCase("{{ cart.lines | json }}",
        """[{"name":"hat","product_id":null,"variant":null,"quantity":1,"price":34.5,"total":34.5,"currency":"","url":"https://s.example/hat","image":"https://s.example/hat.png"},"""
        + """{"name":"shoe","product_id":null,"variant":null,"quantity":2,"price":600,"total":1200,"currency":"","url":null,"image":null}]""")]
    [TestCase("{{ customer.attributes | json }}", """{"first_name":"Ada","last_name":"Byron","plan":"gold","tags":["new","\u003Cb\u003E"],"vip":true,"visits":7}""")]
    [TestCase("{{ customer.none | json }} {{ true | json }} {{ 1.5 | json }} {{ '</script>&' | json }}", "null true 1.5 \"\\u003C/script\\u003E\\u0026\"")]
    public void Json_is_of_every_kind_of_value(string template, string expected) => Assert.That(Render(template), Is.EqualTo(expected));

    [TestCase("JPY", "¥1,235")]
    [TestCase("USD", "$1,234.50")]
    [TestCase("XYZ", "XYZ\u00a01,234.50")]
    [TestCase("KWD", "KWD\u00a01,234.500")]
    public void Money_is_in_the_carts_currency(string currency, string expected) => Assert.That(
        Render("{{ cart.total | money }}", Values with { Cart = new CartSummary(1, 1234.5m, currency) }), Is.EqualTo(expected));

    [Test]
    public void Money_is_written_as_the_store_writes_it_and_another_currencys_line_is_a_text()
    {
        var values = Values with
        {
            Locale = CartRecovery.Primitives.MoneyLocale.Find("de")!,
            Lines = [new MessageLine("tea", 1, 15_000, null, null) { Currency = "JPY", IsForeign = true, Variant = "green", Locale = CartRecovery.Primitives.MoneyLocale.Find("de")! }, new MessageLine("hat", 2, 25, null, null) { Currency = "EUR" }],
        };
        Assert.That(
            Render("{{ cart.total | money }}{% for line in cart.lines %}; {{ line.name }} {{ line.variant }} {{ line.total | money }} {{ line.currency }}{% endfor %}", values),
            Is.EqualTo("1.234,50\u00a0€; tea green 15.000\u00a0¥ JPY; hat  25,00\u00a0€ EUR"));
    }

    // A shop's ids are arbitrary text.
    [Test]
    public void A_value_is_not_parsed_as_a_template() =>
        Assert.That(Render("{{ cart.id }}!", Values with { CartId = "{{ store.id }}{% if" }), Is.EqualTo("{{ store.id }}{% if!"));

    [Test]
    public void Unknown_variables_render_as_empty()
    {
        var values = new MessageValues("s", "c", new CartSummary(0, 0, "EUR"), null);
        var template = string.Concat(MessageObjects.Roots.SelectMany(root => root.Keys.Select(field => $"{{{{ {root.Name}.{field} | json | size | divided_by: 99 }}}}")));
        Assert.That(Render(template, values), Does.Match("^0+$"));
        Assert.That(Render("[{{ customer.first_name }}{{ customer.x.y }}{{ links.cart }}{{ offer.code }}{{ cart.lines.first.name }}]", values), Is.EqualTo("[]"));
    }

    [Test]
    public void A_subject_is_one_line()
    {
        var values = Values with { Attributes = Attributes("""{"first_name":"A\r\nBcc: x@y\u2028\u0085\u0000z"}""") };
        Assert.That(Render(" Hi {{ customer.first_name }}\n", values, MessageFormat.Line), Is.EqualTo("Hi A Bcc: x@y z"));
    }

    [Test]
    public void Renderings_do_not_share_state()
    {
        var template = MessageTemplate.Compile("{{ x }}{% assign x = cart.id %}{% increment n %}{{ customer.first_name }}".Replace("{{ x }}", ""), MessageFormat.Text);
        Assert.That(template.Render(Values), Is.EqualTo("0Ada"));
        Assert.That(template.Render(new MessageValues("s", "c", new CartSummary(0, 0, "EUR"), null)), Is.EqualTo("0"));
        Assert.That(() => Render("{% assign x = 'left' %}{% for i in (1..9) %}{{ i | divided_by: customer.none }}{% endfor %}"), Throws.TypeOf<MessageRenderingException>());
        Assert.That(Render("{% if cart.id %}{% assign y = x %}{% endif %}{{ y }}{% assign x = 1 %}".Replace("= x ", "= cart.id ")), Is.EqualTo("c 1"));
    }

    [Test]
    public void Rendering_is_thread_safe()
    {
        var template = MessageTemplate.Compile("{{ cart.id }} {% for line in cart.lines %}{{ line.name }}{% endfor %}", MessageFormat.Html);
        Parallel.For(0, 2_000, i => Assert.That(template.Render(Values with { CartId = $"c{i}" }), Is.EqualTo($"c{i} hatshoe")));
    }

    [Test]
    public void A_template_reports_the_lookups_it_needs()
    {
        bool Lines(string text) => MessageTemplate.Compile(text, MessageFormat.Text).ShowsLines;
        bool Customer(string text) => MessageTemplate.Compile(text, MessageFormat.Text).ShowsCustomer;

        Assert.That(Lines("{{ cart.total }}"), Is.False);
        Assert.That(Lines("{% if cart.lines.size > 1 %}{% endif %}"), Is.True);
        Assert.That(Lines("{{#lines}}{{/lines}}"), Is.True);
        Assert.That(Customer("{{ cart.total }}"), Is.False);
        Assert.That(Customer("{{ 'x' | append: customer.plan }}"), Is.True);
    }
}
