using System.Diagnostics;
using CartRecovery.Engine.Messages;
using static CartRecovery.Tests.Messages.TemplateSamples;

namespace CartRecovery.Tests.Messages;

/// <summary>A template's cost is bounded regardless of its content.</summary>
public sealed class MessageLimitsTests
{
    const string Doubling = "{% assign x = 'ab' %}{% for i in (1..40) %}{% assign x = x | append: x %}{% endfor %}";

    [TestCase("{% for i in (1..9999) %}{% for j in (1..9999) %}a{% endfor %}{% endfor %}", "runs more than 10000 steps")]
    [TestCase("{% assign n = 100000000 %}{% for i in (1..n) %}{% endfor %}", "has a range that goes beyond 10000")]
    [TestCase("{% assign n = 100000000 %}{{ (1..n) | size }}", "has a range that goes beyond 10000")]
    [TestCase(Doubling, "makes more than 65536 characters or 10000 entries with 'append'")]
    [TestCase("{% assign x = 'a,b' | split: ',' %}{% for i in (1..40) %}{% assign x = x | concat: x %}{% endfor %}", "makes more than 65536 characters or 10000 entries with 'concat'")]
    [TestCase("{% assign x = 'a' %}{% for i in (1..15) %}{% assign x = x | append: x %}{% endfor %}{{ x | replace: 'a', x }}", "makes more than 65536 characters or 10000 entries with 'replace'")]
    [TestCase("{% assign x = 'a' %}{% for i in (1..14) %}{% assign x = x | append: x %}{% endfor %}{{x}}{{x}}{{x}}", "renders to more than 32768 characters")]
    [TestCase("{% assign x = 'a' %}{% for i in (1..14) %}{% assign x = x | append: x %}{% endfor %}{% capture y %}{{x}}{{x}}{{x}}{{x}}{{x}}{% endcapture %}", "renders to more than 65536 characters")]
    [TestCase("{{ 'now' | date: '%99999999d' }}", "makes more than 65536 characters or 10000 entries with 'date'")]
    [TestCase("{{ 79228162514264337593543950335 | times: 10 }}", "calculates a number that is too large")]
    [TestCase("{{ 1 | divided_by: customer.none }}", "divides by zero")]
    public void Output_over_a_bound_is_not_rendered(string text, string reason)
    {
        var clock = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => Render(text), Throws.TypeOf<MessageRenderingException>().With.Message.EqualTo(reason));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(64 << 20));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
        Assert.That(Render("{{ cart.id }}"), Is.EqualTo("c 1"), "The next one is rendered normally.");
    }

    const string Work = "takes more than 500000 units of work";
    const string List = "{% assign x = 'a ' %}{% for i in (1..13) %}{% assign x = x | append: x %}{% endfor %}{% assign l = x | split: ' ' %}";
    const string Long = "{% assign x = 'a' %}{% for i in (1..15) %}{% assign x = x | append: x %}{% endfor %}";

    // Each would take seconds or more within the limit of steps.
    static readonly string[] s_costly =
    [
        List + "{% for i in (1..4000) %}{{ l" + string.Concat(Enumerable.Repeat(" | sort | sort_natural", 150)) + " | first }}{% endfor %}",
        List + "{{ l" + string.Concat(Enumerable.Repeat(" | sort | sort_natural", 150)) + " | first }}",
        List + "{% for i in (1..4000) %}{% assign y = l | map: 'size' | uniq | compact | reverse %}{% endfor %}",
        List + "{% for i in (1..4000) %}{{ l | join: ', ' | size }}{% endfor %}",
        List + "{% for i in (1..4000) %}{{ l | json | size }}{% endfor %}",
        List + "{% for i in (1..4000) %}{% for j in l limit: 1 %}{% endfor %}{% endfor %}",
        List + "{% for i in (1..4000) %}{% if l == l or l contains 'b' %}{% endif %}{% endfor %}",
        Long + "{% for i in (1..4000) %}{{ x" + string.Concat(Enumerable.Repeat(" | upcase | downcase", 150)) + " | size }}{% endfor %}",
        Long + "{% for i in (1..4000) %}{{ x | sha256 }}{{ x | escape | url_encode | size }}{% endfor %}",
        Long + "{% assign y = x | append: 'b' %}{% for i in (1..4000) %}{{ x | replace: y, '' | size }}{% endfor %}",
        Long + "{% assign y = x | append: 'b' %}{% for i in (1..4000) %}{% if x contains y %}{% endif %}{% endfor %}",
        Long + "{% for i in (1..4000) %}{% capture y %}{{ x }}{% endcapture %}{% endfor %}",
        "{% for i in (1..4000) %}{% for j in (1..9999) limit: 1 %}{% endfor %}{% endfor %}",
        "{% for i in (1..9000) %}{% if " + string.Join(" and ", Enumerable.Repeat("1==1", 400)) + " %}{% endif %}{% endfor %}",
        "{% for i in (1..9000) %}{% if " + string.Join(" or ", Enumerable.Repeat("cart.lines==1", 200)) + " %}{% endif %}{% endfor %}",
        "{% for i in (1..9000) %}{% case 2 %}" + string.Concat(Enumerable.Repeat("{% when 1, 1, 1, 1, 1, 1 %}", 1_000)) + "{% endcase %}{% endfor %}",
        "{% for i in (1..9000) %}{% if false %}" + string.Concat(Enumerable.Repeat("{% elsif false %}", 5_000)) + "{% endif %}{% endfor %}",
        "{% for i in (1..9000) %}{{ cart.lines | map: 'name' | sort | json | size }}" + string.Concat(Enumerable.Repeat("{{ 'now' | date: '%c' | size }}", 20)) + "{% endfor %}",
    ];

    static IEnumerable<TestCaseData> Costly => s_costly.Select((text, i) => new TestCaseData(text).SetArgDisplayNames($"{i}"));

    [TestCaseSource(nameof(Costly))]
    public void Work_is_bounded_whatever_the_steps(string text)
    {
        var template = MessageTemplate.Compile(text, MessageFormat.Text);
        Assert.That(() => template.Render(Values), Throws.TypeOf<MessageRenderingException>());
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            Assert.That(() => template.Render(Values), Throws.TypeOf<MessageRenderingException>().With.Message.EqualTo(Work));
            best = clock.Elapsed < best ? clock.Elapsed : best;
        }

        TestContext.Out.WriteLine($"{best.TotalMilliseconds:0.0} ms");
        Assert.That(best, Is.LessThan(TimeSpan.FromMilliseconds(300)));
    }

    [Test]
    public void A_rich_message_is_far_from_the_bound()
    {
        var values = Values with { Lines = [.. Enumerable.Range(0, 8).Select(i => new MessageLine($"Product {i}", 2, 40, "https://s.example/p", "https://s.example/p.png"))] };
        var line = string.Concat(Enumerable.Repeat("<td>{{ line.name | escape | truncate: 40 | upcase }} {{ line.total | times: 2 | money }}</td>", 30));
        var text = "{% assign lines = cart.lines | sort: 'total' | reverse %}{% for line in lines %}<tr>" + line + "</tr>{% endfor %}";
        Assert.That(Render(string.Concat(Enumerable.Repeat(text, 4)), values, MessageFormat.Html), Has.Length.GreaterThan(20_000));
    }

    [Test]
    public void A_subject_is_limited_to_a_header_line()
    {
        Assert.That(Render("{{ cart.id }}", Values with { CartId = new string('a', 998) }, MessageFormat.Line), Has.Length.EqualTo(998));
        Assert.That(() => Render("{{ cart.id }}", Values with { CartId = new string('a', 999) }, MessageFormat.Line), Throws.TypeOf<MessageRenderingException>());
    }

    [Test]
    public void A_templates_length_and_depth_are_limited()
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat("{% if cart.id %}", depth)) + string.Concat(Enumerable.Repeat("{% endif %}", depth));

        Assert.That(Problems(new string('a', MessageLimits.Template)), Is.Empty);
        Assert.That(Problems(new string('a', MessageLimits.Template + 1)).Single().Message, Does.Contain("at most 131072 characters"));
        Assert.That(Problems(Nested(MessageLimits.Depth)), Is.Empty);
        Assert.That(Problems(Nested(4_000)).Single().Message, Is.EqualTo("blocks are nested more than 32 deep"));
        Assert.That(Problems("{{ cart" + string.Concat(Enumerable.Repeat("[cart", 800)) + new string(']', 800) + " }}"), Is.Not.Empty);
        Assert.That(Problems("{{ 'a' " + string.Concat(Enumerable.Repeat("| upcase", 1_000)) + " }}").Single().Message, Is.EqualTo("a tag must have at most 4096 characters"));
        Assert.That(Render("{{ 'a' " + string.Concat(Enumerable.Repeat("| upcase", 450)) + " }}"), Is.EqualTo("A"));
    }
}
