using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Engine.Privacy;

namespace CartRecovery.Tests.Privacy;

[TestFixture]
public sealed class PersonSpellingsTests
{
    static readonly PersonSpellings s_spellings = new(new Person("shop", "ada:7", new IdHasher("shop"u8), ["basket-9"], [], ["ada.Löve@mail.example", "+4917012345678"]));

    [TestCase("""{"userId":"ada:7"}""")]
    [TestCase("""{"userId":"ADA:7" """)]
    [TestCase("""{"meta":{"note":"see ada:7, please"}}""")]
    [TestCase("""{"cartId":"basket-9"}""")]
    [TestCase("""{"userId":"ada\u003a7"}""")]
    [TestCase("""{"url":"https://shop.example/?u=ada%3A7"}""")]
    [TestCase("""{"email":"Ada.L\u00f6ve@MAIL.example"}""")]
    [TestCase("""{"phone":"0170 1234-5678"}""")]
    [TestCase("""{"phone":"+49 (170) 12345678"}""")]
    public void A_person_is_found_however_they_are_written(string text) => Assert.That(s_spellings.AreIn(Encoding.UTF8.GetBytes(text)), text);

    [TestCase("""{"userId":"ada:77"}""")]
    [TestCase("""{"userId":"xada:7"}""")]
    [TestCase("""{"cartId":"basket-91"}""")]
    [TestCase("""{"phone":"017012345679"}""")]
    [TestCase("")]
    public void Another_person_is_not_found(string text) => Assert.That(s_spellings.AreIn(Encoding.UTF8.GetBytes(text)), Is.False, text);
}
