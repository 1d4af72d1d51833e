using System.Text.RegularExpressions;
using CartRecovery.Contracts;
using CartRecovery.Engine.Messages;
using FsCheck;
using FsCheck.Fluent;
using static CartRecovery.Tests.Messages.TemplateSamples;

namespace CartRecovery.Tests.Messages;

/// <summary>Texts from shoppers and shops are escaped wherever they are shown.</summary>
public sealed partial class MessageSafetyTests
{
    static readonly string[] s_pieces =
        ["<script>", "</b>", "\"", "'", "&", "&lt;", "&#60;", "%3Cb%3E", "{{ store.id }}", "{% raw %}", "}}", "\r\n", "\u2028", "Bcc: a@b", "é", "😀", "a", " ", "<", ">", "\\u003c", "PGI+", ",", "\0"];

    static readonly Arbitrary<string> s_texts = Gen.Elements(s_pieces).ListOf().Select(pieces => string.Concat(pieces)).ToArbitrary();

    // Every filter on a value, alone, after "escape" and a capture, and as an argument.
    static readonly string[] s_templates =
    [
        "{{ cart.id }}", "<a href=\"{{ line_url }}\" title='{{ cart.id }}'>{{ store.name }}</a>".Replace("{{ line_url }}", "{{ links.cart }}"),
        "{% for line in cart.lines %}<p>{{ line.name }}</p>{% endfor %}", "{{#lines}}{{line_name}}{{/lines}}",
        "{{ customer.tags }}", "{{ cart.lines | map: 'name' }}", "{{ cart.id | split: ',' }}", "{% cycle cart.id, 'b' %}", "{% cycle customer.tags %}", "{% echo cart.id %}",
        "{% for pair in customer.attributes %}{{ pair }}{{ pair[0] }}{{ pair[1] }}{% endfor %}", "{% assign x = customer.tags %}{{ x }}{{ x | first }}",
        "{% capture x %}{{ cart.id }}{% endcapture %}{{ x }}{{ x | append: cart.id }}{{ x | prepend: cart.id }}{{ x | default: cart.id }}",
        "{% capture x %}{% for t in customer.tags %}{{ t }},{% endfor %}{% endcapture %}{{ x | split: ',' }}{{ x | split: ',' | last }}",
        "{% tablerow t in customer.tags %}{{ t }}{% endtablerow %}", "{% ifchanged %}{{ cart.id }}{% endifchanged %}", "{{ cart.id | escape | append: cart.id | newline_to_br }}",
        "{{ cart.id | newline_to_br | append: cart.id }}", "{{ cart.id | newline_to_br | strip_newlines | replace: '&lt;', '<' }}", "{% case cart.id %}{% else %}{{ cart.id }}{% endcase %}",
        .. MessageFilters.Names.SelectMany(name =>
        {
            var signature = FilterSignatures.Find(name)!;
            string Call(int count, string value) => count == 0 ? name : $"{name}: {string.Join(", ", Enumerable.Repeat(value, count))}";
            return Enumerable.Range(signature.Min, signature.Max - signature.Min + 1).SelectMany(count => (string[])
            [
                $"{{{{ cart.id | {Call(count, "cart.id")} }}}}", $"{{{{ cart.id | escape | {Call(count, "cart.id")} }}}}", $"{{{{ '' | {Call(count, "cart.id")} }}}}",
                $"{{{{ customer.tags | {Call(count, "cart.id")} }}}}",
                $"{{% capture x %}}{{{{ cart.id }}}}{{% endcapture %}}{{{{ x | {Call(count, "x")} }}}}{{{{ x | {Call(count, "cart.id")} }}}}",
            ]);
        }),
    ];

    static readonly (string Text, MessageTemplate Html)[] s_compiled = [.. s_templates.Select(text => (text, MessageTemplate.Compile(text, MessageFormat.Html)))];

    [Test]
    public void No_text_becomes_markup() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(150),
        Prop.ForAll(s_texts, text =>
        {
            var values = ValuesWith(text);
            foreach (var (template, html) in s_compiled)
            {
                string rendered;
                try
                {
                    rendered = html.Render(values);
                }
                catch (MessageRenderingException)
                {
                    // Not sending is safe.
                    continue;
                }

                Assert.That(Markup(rendered), Is.Empty, $"{template} of {text}: {rendered}");
            }
        }));

    [Test]
    public void No_text_breaks_a_header_line() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(s_texts, text => Assert.That(
            Render("Hi {{ cart.id }}\n{{ customer.tags | join: ' ' | truncate: 300 }}", ValuesWith(text.Length > 500 ? text[..500] : text), MessageFormat.Line)
                .Any(letter => char.IsControl(letter) || letter is '\u2028' or '\u2029'), Is.False)));

    [Test]
    public void Plain_text_is_not_escaped() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(s_texts, text => Assert.That(Render("{{ cart.id }}|{{ cart.lines[0].name }}", ValuesWith(text)), Is.EqualTo($"{text}|{text}"))));

    static MessageValues ValuesWith(string text) => Values with
    {
        CartId = text,
        StoreName = text,
        Code = text,
        Links = new InterventionLinks(text, text),
        Lines = [new MessageLine(text, 1, 1, text, text)],
        Attributes = Attributes(System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, object> { ["tags"] = new[] { text, text }, ["first_name"] = text })),
    };

    // An HTML text after removing the markup of the templates above.
    static string Markup(string html) => string.Concat(Bad().Matches(OwnMarkup().Replace(html, "")).Select(match => match.Value));

    [GeneratedRegex("""</?p>|<a href="[^"<>]*" title='[^'<>]*'>|</a>|<br />|</?tr( class="row\d+")?>|</?td( class="col\d+")?>""", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnMarkup();

    [GeneratedRegex("""[<>"']""")]
    private static partial Regex Bad();
}
