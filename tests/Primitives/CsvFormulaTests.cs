using CartRecovery.Primitives.Csv;

namespace CartRecovery.Tests.Primitives;

/// <summary>Cells that a spreadsheet would execute.</summary>
public sealed class CsvFormulaTests
{
    [TestCase("=1+1")]
    [TestCase("+1")]
    [TestCase("-1")]
    [TestCase("@SUM(A1)")]
    [TestCase("   =1+1")]
    [TestCase("\t1")]
    [TestCase("\r1")]
    [TestCase("\n1")]
    [TestCase(" \t=1")]
    [TestCase("\u00a0=1", Description = "A space that does not break")]
    [TestCase("\ufeff=1", Description = "A byte order mark")]
    [TestCase("\u200b=1", Description = "A space without width")]
    [TestCase("\0=1")]
    [TestCase("\uff1d1+1", Description = "Wide")]
    [TestCase("\uff0b1")]
    [TestCase("\uff0d1")]
    [TestCase("\uff20SUM(A1)")]
    public void A_formula_is_recognised(string text) => Assert.That(CsvFormula.Is(text), Is.True);

    [TestCase("")]
    [TestCase("   ")]
    [TestCase("p1")]
    [TestCase("1+1")]
    [TestCase("a=b")]
    [TestCase("'=1")]
    [TestCase("{\"a\":1}")]
    public void Other_texts_are_not(string text) => Assert.That(CsvFormula.Is(text), Is.False);
}
