using CartRecovery.Engine.Messages;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Messages.TemplateSamples;

namespace CartRecovery.Tests.Messages;

public sealed class TemplateCheckTests
{
    // The mark ^ is the expected position and is removed from the text.
    [TestCase("{{ ^cart.totl }}", "unknown field 'cart.totl'")]
    [TestCase("{{ ^total }}", "unknown variable 'total'")]
    [TestCase("{{ cart.total | ^monye }}", "unknown filter 'monye'")]
    [TestCase("{{ cart.total | plus: 1 | ^raw }}", "unknown filter 'raw'")]
    [TestCase("{% if cart.total > 1 and ^cart.itemcount %}{% endif %}", "unknown field 'cart.itemcount'")]
    [TestCase("{% for line in cart.lines %}{{ ^line.nme }}{% endfor %}", "unknown field 'line.nme'")]
    [TestCase("{% for line in cart.lines %}{% endfor %}{{ ^line.name }}",
        "'line' is a loop's: write it between '{% for line in cart.lines %}' and '{% endfor %}'")]
    [TestCase("{% for x in ^cart.items %}{{ x.anything }}{% endfor %}", "unknown field 'cart.items'")]
    [TestCase("{% assign l = cart.lines | sort: 'price' | last %}{{ ^l.pric }}", "unknown field 'l.pric'")]
    [TestCase("{{ cart.lines[^nix].name }}", "unknown variable 'nix'")]
    [TestCase("{{ 'x' | append: 'nix' | append: ^nix }}", "unknown variable 'nix'")]
    [TestCase("{{ ^customer.frist_name }}", "unknown field 'customer.frist_name'")]
    [TestCase("{{ ^cart.total.x }}", "unknown field 'cart.total.x'")]
    [TestCase("{{ ^cart.lines.count }}", "unknown field 'cart.lines.count'")]
    [TestCase("{{ ^cart }}", "'cart' is an object, not text: show one of its fields")]
    [TestCase("{{ ^cart.lines }}", "'cart.lines' is a list: write '{% for line in cart.lines %}'")]
    [TestCase("{{ cart.lines | map: '^nme' }}", "unknown field 'nme' for 'map'")]
    [TestCase("{{ cart.lines | where: '^nme', 1 | size }}", "unknown field 'nme' for 'where'")]
    [TestCase("{{ cart.lines | sort: 'name' | sum: '^nme' }}", "unknown field 'nme' for 'sum'")]
    [TestCase("{% assign l = cart.lines | sort: 'name' %}{{ l | uniq: \"^nme\" | size }}", "unknown field 'nme' for 'uniq'")]
    [TestCase("{{ 'a' | ^slice }}", "'slice' takes 1 to 2 arguments, not 0")]
    [TestCase("{{ 'a' | ^append: 'a', 'b', 'c' }}", "'append' takes 1 argument, not 3")]
    [TestCase("{{ 'a' | append: 'x' | ^upcase: 1 }}", "'upcase' takes no arguments, not 1")]
    [TestCase("{{ 2 | ^pluralize: 'item' }}", "'pluralize' takes 2 arguments, not 1")]
    [TestCase("{{ 1 | ^round: 1, 2 }}", "'round' takes at most 1 argument, not 2")]
    [TestCase("{{ 'a' | ^truncate: 1, 'b', 2 }}", "'truncate' takes at most 2 arguments, not 3")]
    [TestCase("{{ 'a' | ^default }}", "'default' takes 1 argument, not 0")]
    [TestCase("{{ 'a' | ^append: 'b', allow_false: true }}", "'append' has no argument 'allow_false'")]
    [TestCase("{{ 1 | ^divided_by: 0 }}", "'divided_by' divides by zero")]
    [TestCase("{{ 1 | ^modulo: 0.0 }}", "'modulo' divides by zero")]
    [TestCase("{% for i in ^(1..1000000000) %}{% endfor %}", "a range must not go beyond 10000")]
    [TestCase("{% for i in (1..3) %}{% endfor %}{% assign x = ^(-20000..2) | size %}", "a range must not go beyond 10000")]
    [TestCase("{% ^foo %}", "unknown tag 'foo'")]
    [TestCase("{% ^include 'x' %}", "unknown tag 'include'")]
    [TestCase("{% ^liquid echo x %}", "unknown tag 'liquid'")]
    [TestCase("a\n^{% if cart.id %}\n{% for x in (1..3) %}{% endfor %}", "'{% if %}' without '{% endif %}'")]
    [TestCase("{% if cart.id %}^{% endfor %}{% endif %}", "'{% endfor %}' where '{% if %}' is still open")]
    [TestCase("^{% endif %}", "'{% endif %}' where no block is open")]
    [TestCase("ab ^{{ cart.id", "'{{' without '}}'")]
    [TestCase("ab ^{% if x", "'{%' without '%}'")]
    [TestCase("^{% raw %}{{ x }}", "'{% raw %}' without '{% endraw %}'")]
    [TestCase("{{ cart.id |^ }}", "this is not Liquid: an identifier was expected after the '|' sign")]
    [TestCase("^{% assign cart = 1 %}", "'cart' is a reserved object name: rename the variable")]
    public void Errors_are_reported_with_their_position(string marked, string message)
    {
        var offset = marked.IndexOf('^', StringComparison.Ordinal);
        Assert.That(Problems(marked.Remove(offset, 1)), Is.EqualTo(new[] { (offset, message) }));
    }

    [TestCase("{% if (cart.id == 1) %}{% endif %}", "Liquid has no parentheses")]
    [TestCase("{{ cart.id() }}", "Liquid has no function calls")]
    [TestCase("{{ }}", "this is not Liquid: a value was expected")]
    [TestCase("{% if %}{% endif %}", "this is not Liquid: invalid 'if' tag")]
    public void Constructs_unsupported_by_Liquid_are_reported(string text, string message) =>
        Assert.That(Problems(text).Single().Message, Does.StartWith(message));

    [TestCase("{{ customer.favourite_colour }}")]
    [TestCase("{% for x in customer.attributes.list %}{{ x.y }}{% endfor %}")]
    [TestCase("{% for x in cart.lines %}{{ forloop.first }}{% else %}{{ cart.id.size }}{% endfor %}")]
    [TestCase("{% tablerow x in cart.lines cols: 2 %}{{ x.name }}{{ tablerowloop.col }}{% endtablerow %}")]
    [TestCase("{% increment n %}{% decrement n %}{{ n }}{% echo cart.id %}{% # a remark %}")]
    [TestCase("{% assign a = 'x}}y' %}{{ a }}{{ '%}' }}")]
    [TestCase("{% if cart.id contains 'x' or cart.id == blank %}{{ true }}{{ nil }}{% endif %}")]
    [TestCase("{{ cart.lines | map: customer.field }}{{ customer.attributes.list | map: 'nme' }}{{ customer.tags | sum: 'x' }}")]
    [TestCase("{{ false | default: 1, allow_false: true }}{{ 1 | money: 'USD' }}{{ 1 | money: currency: 'USD' }}")]
    [TestCase("a } b }} { c")]
    public void Valid_templates_have_no_problems(string text) => Assert.That(Problems(text), Is.Empty);

    [Test]
    public void A_field_without_a_guard_is_reported()
    {
        string[] Bare(string text) => [.. MessageTemplate.Compile(text, MessageFormat.Text).UnguardedFields.Select(use => use.Text)];

        Assert.That(Bare("{{ offer.code }}"), Is.EqualTo(new[] { "offer.code" }));
        Assert.That(Bare("{{code}}"), Is.EqualTo(new[] { "{{code}}" }));
        Assert.That(Bare("{% if offer.code %}{{ offer.code }}{% endif %}"), Is.Empty);
        Assert.That(Bare("{{ offer.code | default: 'none' }}"), Is.Empty);
        Assert.That(Bare("{% if cart.id %}{{ offer.code }}{% endif %}"), Is.EqualTo(new[] { "offer.code" }));
    }

    [Test]
    public void Every_filter_has_a_signature() =>
        Assert.That(MessageFilters.Names.Where(name => FilterSignatures.Find(name) is null), Is.Empty);

    [Test]
    public void Every_field_is_documented()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "messages.md"));
        Assert.That(MessageObjects.Roots.SelectMany(root => root.Keys.Select(field => $"`{root.Name}.{field}`"))
            .Concat(MessageObjects.Line.Keys.Select(field => $"`line.{field}`")).Where(field => !page.Contains(field)), Is.Empty);
        Assert.That(MessageFilters.Names.Where(name => !page.Contains($"`{name}`")), Is.Empty);
        Assert.That(LegacySyntax.Names.Where(old => !page.Contains($"`{{{{{old.Key}}}}}`")), Is.Empty);
    }
}
