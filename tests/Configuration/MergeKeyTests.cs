namespace CartRecovery.Tests.Configuration;

/// <summary>Merge keys, <c>&lt;&lt;</c>, in every form that the YAML type repository describes.</summary>
public class MergeKeyTests
{
    [TestCase("mail: &m { type: file, path: a, batch: 7, retries: 1 }\n  other: { <<: *m, path: b }")]
    [TestCase("mail: &m\n    type: file\n    path: a\n    batch: 7\n    retries: 1\n  other:\n    path: b\n    <<: *m")]
    [TestCase("mail: &m { type: file, path: a, batch: 7 }\n  n: &n { type: file, path: c, batch: 9, retries: 1 }\n  other: { <<: [*m, *n], path: b }")]
    [TestCase("other: { <<: { type: file, batch: 7, retries: 1 }, path: b }")]
    [TestCase("m: &m { type: file, path: a, retries: 1 }\n  n: &n { <<: *m, batch: 7 }\n  other: { path: b, <<: *n }")]
    public void A_map_takes_over_what_it_does_not_set(string sinks)
    {
        var (config, problems) = ConfigFile.Load($"{ConfigFile.Store}sinks:\n  {sinks}\n");

        Assert.That(problems, Is.Empty);
        var other = config!.Sinks["other"];
        Assert.That((other.Type, other.Options["path"].Text, other.Batch, other.Retries), Is.EqualTo(("file", "b", 7, 1)));
    }

    [Test]
    public void A_mistake_in_a_merged_map_is_reported_where_it_stands() =>
        Assert.That(ConfigFile.ProblemsOf("sinks:\n  a: &a { type: file, path: a, batch: x }\n  b: { <<: *a }\n"), Is.EqualTo(new[]
        {
            "c.yaml:7:39: error: sinks.a.batch must be a whole number, not 'x'",
            "c.yaml:7:39: error: sinks.b.batch must be a whole number, not 'x'",
        }));

    [TestCase("sinks: { a: { <<: 5, type: file, path: a } }", "6:15: error: << takes a map, or a list of maps, that ends before it: <<: *name")]
    [TestCase("sinks: { a: &a { type: file, path: a, <<: *a } }", "6:39: error: << takes a map, or a list of maps, that ends before it: <<: *name")]
    [TestCase("sinks: { a: { type: file, path: a, <<: *nobody } }", "6:40: error: there is no anchor '&nobody' before this")]
    [TestCase("sinks: { a: &m { type: file, path: a }, b: { <<: *m, <<: *m } }", "6:54: error: duplicate key '<<', first defined on line 6: merge several maps as a list, <<: [*a, *b]")]
    [TestCase("sinks: { a: { type: file, path: a, '<<': b } }", "6:36: error: unknown key '<<' in sinks.a, a file sink")]
    public void What_cannot_be_merged_is_reported(string yaml, string expected) =>
        Assert.That(ConfigFile.ProblemsOf(yaml), Has.Length.EqualTo(1).And.One.StartsWith("c.yaml:" + expected));

    [Test]
    public void A_key_that_begins_with_x_holds_anchors()
    {
        var (config, problems) = ConfigFile.Load($"x-file: &file {{ type: file, batch: 7 }}\n{ConfigFile.Store}sinks:\n  a: {{ <<: *file, path: a }}\n");

        Assert.That(problems, Is.Empty);
        Assert.That(config!.Sinks["a"].Batch, Is.EqualTo(7));
        Assert.That(ConfigFile.ProblemsOf("log: { x-level: debug }"), Has.One.Contains("unknown key 'x-level' in log"), "at the root alone");
    }
}
