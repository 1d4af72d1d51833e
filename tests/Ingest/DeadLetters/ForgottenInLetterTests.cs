using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Ingest.DeadLetters;

[TestFixture]
public sealed class ForgottenInLetterTests
{
    static readonly KeyedHash s_hash = new("0123456789abcdef"u8);

    [TestCase("""{"userId":"zoë 7"}""")]
    [TestCase("""{"userId":"zoë 7""", false)]
    [TestCase("""{"userId":"zoë 7","meta":{""")]
    [TestCase("""{"user":{"id":"zo\u00eb 7"}}""")]
    [TestCase("""{"a:"b","userId":"zoë 7"}""")]
    [TestCase("""{"a":"\\","userId":"zoë 7"}""")]
    [TestCase("""{"userId":"zoe"}""", false)]
    [TestCase("""{"userId":4711}""")]
    [TestCase("""{"userId":47110}""", false)]
    [TestCase("4711")]
    [TestCase("user=x, 4711;", false)]
    [TestCase("user=x, 4711 ;")]
    [TestCase("", false)]
    public void Texts_and_numbers_are_looked_up_in_json_that_may_be_broken(string received, bool isNamed = true)
    {
        Assert.That(ForgottenInLetter.IsNamed(Of("zoë 7", "4711"), "shop"u8, Encoding.UTF8.GetBytes(received)), Is.EqualTo(isNamed));
        Assert.That(ForgottenInLetter.IsNamed(Of("zoë 7", "4711"), "shop2"u8, Encoding.UTF8.GetBytes(received)), Is.False, "of another store");
        Assert.That(ForgottenInLetter.IsNamed(new ForgottenPeople(), "shop"u8, Encoding.UTF8.GetBytes(received)), Is.False, "nobody is forgotten");
    }

    [TestCase("zoë 7")]
    [TestCase("a-rather-long-id-of-a-customer-with-44-letters")]
    public void Texts_are_looked_up_in_messagepack_that_is_cut_off(string id)
    {
        var message = JsonToMessagePack.Convert(Encoding.UTF8.GetBytes($$"""{"id":"e1","userId":"{{id}}","cartId":"c1"}"""));
        Assert.That(ForgottenInLetter.IsNamed(Of(id), "shop"u8, message.AsSpan(0, message.Length - 4)));
        Assert.That(ForgottenInLetter.IsNamed(Of("another"), "shop"u8, message), Is.False);
    }

    static ForgottenPeople Of(params string[] users)
    {
        var people = new ForgottenPeople();
        people.Replace(s_hash, [.. users.Select(user => ForgottenPeople.KeyOf(s_hash, "shop"u8, Encoding.UTF8.GetBytes(user)))]);
        return people;
    }
}
