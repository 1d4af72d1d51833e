using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Tests.Events.Identity;

/// <summary>Which metas are encrypted before they are stored.</summary>
public sealed class PersonalMetaTests
{
    [TestCase("""{"note":"write to jo@shop.example"}""", true)]
    [TestCase("""{"contact":"+4915112340000"}""", true)]
    [TestCase("""{"note":"call me at +49 151 1234-0000, please"}""", true, Description = "within a text")]
    [TestCase("""{"note":"tel. +49 (151) 12340000"}""", true)]
    [TestCase("""{"phone":"0151 12340000"}""", true)]
    [TestCase("""{"contactPhone" : "(212) 555-0100"}""", true)]
    [TestCase("""{"Phone":4915112340000}""", true)]
    [TestCase("""{"a":1,"mobile_number":"0612345678"}""", true)]
    [TestCase("""{"tel":"06-12345678"}""", true)]
    [TestCase("""{"hotel":"0612345678"}""", false)]
    [TestCase("""{"phone":"iPhone 15","name":"Phone 12345678","phone2":null}""", false)]
    [TestCase("""{"phones":["15"],"phone":12}""", false)]
    [TestCase("""{"order":"0151 12340000"}""", false, Description = "a national number looks like any other where nothing names it")]
    [TestCase("""{"size":"XL+","sum":"1+2"}""", false)]
    [TestCase("""{"q":"10+20+30"}""", false)]
    [TestCase("", false)]
    public void A_meta_with_an_address_or_a_number_is_personal(string meta, bool isPersonal) =>
        Assert.That(PersonalMeta.Is(EventType.PageView, Encoding.UTF8.GetBytes(meta)), Is.EqualTo(isPersonal));

    [Test]
    public void All_of_identify_is() => Assert.That(PersonalMeta.Is(EventType.Identify, "{}"u8), Is.True);
}
