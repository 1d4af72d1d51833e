using CartRecovery.Primitives;

namespace CartRecovery.Tests.Primitives;

/// <summary>A known number is found in every spelling, and nothing else is.</summary>
[TestFixture]
sealed class PhoneDigitsTests
{
    [TestCase("+4915112340000", "to ***", "to +4915112340000")]
    [TestCase("+4915112340000", "to ***.", "to 4915112340000.")]
    [TestCase("+4915112340000", "to *** now", "to 0151 12340000 now")]
    [TestCase("+4915112340000", "550 5.1.1 *** 2027", "550 5.1.1 0151/1234-0000 2027")]
    [TestCase("+4915112340000", "to +49 ***", "to +49 (0)151 12 34 00 00")]
    [TestCase("+4915112340000", "*** and ***", "0049 151 12340000 and (0151) 12340000")]
    [TestCase("+12125550100", "***, ***", "(212) 555-0100, 1-212-555-0100")]
    [TestCase("+79161234567", "8 ***", "8 916 123-45-67")]
    [TestCase("+4915112340000", "12340000 of 15112340001", "12340000 of 15112340001")]
    [TestCase("+4915112340000", "151123400005", "151123400005")]
    [TestCase("+4915112340000", "", "")]
    [TestCase("+1", "1 is 1", "1 is 1")]
    public void A_number_is_replaced_in_every_spelling(string number, string expected, string text) => Assert.That(PhoneDigits.Replace(text, number, "***"), Is.EqualTo(expected));

    [TestCase("0151 12340000 2027", 15, "0151 12340000", 12)]
    [TestCase("0151 / 1234 - 0000", 15, "0151 / 1234 - 0000", 12)]
    [TestCase("1 - - 2", 15, "1", 1)]
    [TestCase("1.", 15, "1", 1)]
    [TestCase("1234567890123456", 15, "", 0)]
    public void A_run_ends_before_a_group_that_exceeds_it(string text, int most, string run, int digits)
    {
        var end = PhoneDigits.EndOfRun(text, 0, most, out var found);
        Assert.That((text[..end], found), Is.EqualTo((run, digits)));
    }
}
