using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Primitives;

[TestFixture]
sealed class AddressTextTests
{
    [TestCase("zoe@mail.example", true)]
    [TestCase("zoë.q+news@münchen.example", true)]
    [TestCase("+31612345678", true)]
    [TestCase("customer-17", false)]
    [TestCase("checkout@3f2a9c", false)]
    [TestCase("@mail.example", false)]
    [TestCase("zoe@mail", false)]
    [TestCase("zoe@mail.example/cart", false)]
    [TestCase("zoe at@mail.example", false)]
    [TestCase("+1234567", false)]
    [TestCase("+3161234567812345", false)]
    [TestCase("31612345678", false)]
    [TestCase("+3161234567x", false)]
    [TestCase("", false)]
    public void A_text_is_an_address(string text, bool isOne) => Assert.That(AddressText.IsAddress(Encoding.UTF8.GetBytes(text)), Is.EqualTo(isOne));

    [TestCase("550 5.1.1 <zoe.quellin@mail.example>: unknown", "550 5.1.1 <***@mail.example>: unknown")]
    [TestCase("to=zoë+a@mail.example, from=shop@mail.example.", "to=***@mail.example, from=***@mail.example.")]
    [TestCase("number +31612345678 is blocked", "number *** is blocked")]
    [TestCase("tel:+31612345678", "tel:***")]
    [TestCase("+49 151 12340000 and +49 (0)151 / 1234-0000, 2027", "*** and ***, 2027")]
    [TestCase("+1.212.555.0100: busy", "***: busy")]
    [TestCase("+31612345678 3 of 10", "*** 3 of 10")]
    [TestCase("+49 151 12340000 2027 01", "*** 2027 01")]
    [TestCase("UTC+2 2027-01-01 00:00, +20 of 1000 items, +1 ((2)) 3456789", null)]
    [TestCase("https://zoe:secret@mail.example/x", "https://zoe:***@mail.example/x")]
    [TestCase("model checkout@champion of 2027-01-01T00:00:00+00:00, 1.0+12345678ab", null)]
    [TestCase("a+12345678", null)]
    [TestCase("nothing here", null)]
    [TestCase("@", null)]
    public void Addresses_in_a_text_are_masked(string text, string? masked) => Assert.That(AddressText.Mask(text), masked is null ? Is.SameAs(text) : Is.EqualTo(masked));
}
