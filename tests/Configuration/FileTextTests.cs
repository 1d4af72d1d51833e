using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Configuration;

public class FileTextTests
{
    const string Yaml = ConfigFile.Store + "contact: { unproven: { confirmation: { subject: \"Müller: bitte bestätigen\" } } }\nlog: { level: x }\n";

    [Test]
    public void Each_line_that_is_not_UTF_8_is_reported_beside_the_other_mistakes() =>
        Assert.That(ProblemsOf(Encoding.Latin1.GetBytes("# Größe\n" + Yaml)), Is.EqualTo(new[]
        {
            "c.yaml:1:5: error: byte 0xF6 is not UTF-8; save the file in UTF-8",
            "c.yaml:7:51: error: byte 0xFC is not UTF-8; save the file in UTF-8",
            "c.yaml:8:15: error: log.level must be trace or debug or information or warning or error, not 'x'",
        }));

    [Test]
    public void A_file_of_another_kind_is_not_reported_line_by_line()
    {
        var problems = ProblemsOf([.. Enumerable.Repeat(new byte[] { 0xFF, (byte)'\n' }, 1000).SelectMany(line => line)]);

        Assert.That(problems, Has.Length.LessThan(30));
    }

    [TestCaseSource(nameof(Encodings))]
    public void A_byte_order_mark_says_the_encoding(Encoding encoding)
    {
        var problems = ProblemsOf([.. encoding.Preamble, .. encoding.GetBytes(Yaml)]);

        Assert.That(problems, Has.Length.EqualTo(1).And.One.Contain("log.level"));
    }

    [Test]
    public void A_secret_or_a_variable_that_is_not_UTF_8_is_reported()
    {
        using var scratch = new Scratch();
        File.WriteAllBytes(scratch.PathOf("key"), Encoding.Latin1.GetBytes("sk_schlüssel_0123456789"));
        var path = scratch.Write("c.yaml", """
            stores: [{ id: s1, name: "${NAME}", keys: [{ key: { file: key }, kind: secret }, { key: { command: [cat, key] }, kind: secret }] }]
            """);
        var problems = ConfigLoader.Load(path, TestCatalog.Small, _ => "M\uFFFDller").Problems.Select(problem => problem.Message);

        Assert.That(problems, Is.EqualTo(new[]
        {
            "the environment variable NAME is not UTF-8", "stores[0].keys[0].key.file: the file is not UTF-8",
            "stores[0].keys[1].key.command: the command's output is not UTF-8",
        }));
    }

    static IEnumerable<Encoding> Encodings() => [new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), Encoding.Unicode, Encoding.BigEndianUnicode];

    static string[] ProblemsOf(byte[] file)
    {
        using var scratch = new Scratch();
        var path = scratch.PathOf("c.yaml");
        File.WriteAllBytes(path, file);
        return [.. ConfigLoader.Load(path, TestCatalog.Small).Problems.Select(problem => (problem with { File = "c.yaml" }).ToString())];
    }
}
