using System.Text;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Tests.Messages;

public sealed class CustomerAttributesTests
{
    [TestCase(null, """{"firstName":"Ada","Plan":"gold"}""", """{"first_name":"Ada","plan":"gold"}""")]
    [TestCase("""{"a":1,"b":2}""", """{"b":"x","c":true}""", """{"a":1,"b":"x","c":true}""")]
    [TestCase("""{"a":1,"b":2}""", """{"b":null}""", """{"a":1}""")]
    [TestCase(null, """{"email":"a@b","phone":"+1","pushToken":"t","timezone":"UTC","device":"mobile","source":"ads"}""", null)]
    [TestCase(null, """{"attributes":{"plan":"gold","firstName":"Ada"},"deep":{"x":1},"list":["a",1],"lists":[[1]]}""", """{"first_name":"Ada","list":["a",1],"plan":"gold"}""")]
    [TestCase("""{"a":1}""", "", """{"a":1}""")]
    [TestCase("""{"a":1}""", "[1]", """{"a":1}""")]
    [TestCase("""{"a":1}""", "{", """{"a":1}""")]
    [TestCase("""{"a":1}""", """{"b":"\ud800"}""", """{"a":1}""")]
    public void Attributes_of_an_event_are_added(string? known, string meta, string? kept) =>
        Assert.That(CustomerAttributes.Merge(known, Encoding.UTF8.GetBytes(meta)), Is.EqualTo(kept));

    [Test]
    public void Attributes_are_bounded_and_the_first_are_kept()
    {
        string? kept = null;
        for (var i = 0; i < 100; i++)
        {
            kept = CustomerAttributes.Merge(kept, Encoding.UTF8.GetBytes($$"""{"a{{i}}":"{{new string('é', 90)}}"}"""));
            Assert.That(Encoding.UTF8.GetByteCount(kept!), Is.LessThanOrEqualTo(CustomerAttributes.MaxLength));
        }

        Assert.That(CustomerAttributes.Read(kept).Names, Has.Count.InRange(6, 30).And.Contains("a0"));
        Assert.That(CustomerAttributes.Merge(null, Encoding.UTF8.GetBytes($$"""{"{{new string('n', 65)}}":1}""")), Is.Null);
    }

    [Test]
    public void A_merge_says_whether_everything_fits()
    {
        var half = Encoding.UTF8.GetBytes($$"""{"a":"{{new string('x', 2000)}}"}""");
        var kept = CustomerAttributes.Merge(null, half, out var fits);
        Assert.That((fits, kept?.Length), Is.EqualTo((true, half.Length)));
        CustomerAttributes.Merge(kept, Encoding.UTF8.GetBytes($$"""{"b":"{{new string('x', 2100)}}"}"""), out fits);
        Assert.That(fits, Is.False);
        CustomerAttributes.Merge(kept, Encoding.UTF8.GetBytes($$"""{"a":null,"b":"{{new string('x', 2100)}}"}"""), out fits);
        Assert.That(fits, Is.True);
    }
}
