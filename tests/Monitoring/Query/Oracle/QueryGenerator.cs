using FsCheck;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Monitoring.Query.Oracle;

/// <summary>Generates queries of the supported part.</summary>
static class QueryGenerator
{
    static readonly Gen<string> s_matchers = Gen.Elements(
        "", "", "{job=\"api\"}", "{job!=\"db\"}", "{job=~\"a.*|web\"}", "{instance!~\"a:.+\"}", "{code=\"500\"}", "{job=\"none\"}");

    static readonly Gen<string> s_shift = Gen.Elements("", "", "", "", " offset 3m", " offset -2m", " @ 1700001800", " @ end()", " @ start() offset 1m");

    static readonly Gen<string> s_range = Gen.Elements("40s", "1m", "5m", "7m30s", "20m");

    static readonly Gen<string> s_number = Gen.Elements("0", "1", "2", "0.5", "-3", "10", "100", "1e3", "0x10", "NaN", "Inf");

    static readonly Gen<string> s_metric = Gen.Elements("requests_total", "errors_total", "temperature", "level", "info", "latency_bucket");

    static Gen<string> Selector =>
        from metric in s_metric from matchers in s_matchers from shift in s_shift select metric + matchers + shift;

    static Gen<string> Grouping => Gen.Elements("", " by (job)", " by (job, instance)", " without (instance)", " without (code, le)", " by ()", " by (none)");

    public static Gen<string> Query =>
        from exact in Vector(3)
        from text in Gen.Frequency(
            (8, Gen.Constant(exact)),
            (1, Scalar(2)),
            (2, Gen.Elements("ln", "exp", "sqrt", "log2", "log10", "sin", "cos", "tan", "atan", "tanh", "asinh", "deg", "rad").Select(f => $"{f}({exact})")),
            (1, Gen.Elements("sort", "sort_desc", "stddev", "stdvar").Select(f => $"{f}({exact})")),
            (1, from k in Gen.Choose(0, 4) from op in Gen.Elements("topk", "bottomk") from g in Grouping select $"{op}{g} ({k}, {exact})"))
        select text;

    static Gen<string> Ranged(int depth) => Gen.Frequency(
        (5, from metric in s_metric from matchers in s_matchers from range in s_range from shift in s_shift select $"{metric}{matchers}[{range}]{shift}"),
        (depth > 0 ? 1 : 0, from inner in Vector(depth - 1)
                            from range in s_range
                            from step in Gen.Elements("30s", "1m", "")
                            from shift in s_shift
                            select $"({inner})[{range}:{step}]{shift}"));

    static Gen<string> Vector(int depth) => depth <= 0 ? Selector : Gen.Frequency(
        (3, Selector),
        (6, OverRange(depth)),
        (4, from op in Gen.Elements("sum", "avg", "min", "max", "count", "group") from g in Grouping from v in Vector(depth - 1) select $"{op}{g} ({v})"),
        (1, from q in s_number from g in Grouping from v in Vector(depth - 1) select $"quantile{g} ({q}, {v})"),
        (1, from g in Grouping from v in Selector select $"count_values{g} (\"value\", {v})"),
        (4, BinaryOf(depth)),
        (3, Function(depth)),
        (1, from q in Gen.Elements("0.5", "0.9", "0.99", "0", "1", "2", "-1")
            from range in s_range
            from g in Gen.Elements("le", "le, job", "job")
            select $"histogram_quantile({q}, sum by ({g}) (rate(latency_bucket[{range}])))"));

    static Gen<string> OverRange(int depth) => Gen.OneOf(
        from f in Gen.Elements(
            "rate", "increase", "irate", "delta", "idelta", "deriv", "resets", "changes", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time",
            "count_over_time", "stddev_over_time", "stdvar_over_time", "last_over_time", "present_over_time", "absent_over_time")
        from range in Ranged(depth)
        select $"{f}({range})",
        from q in Gen.Elements("0.5", "0.95", "0", "1", "1.5", "-1", "NaN", "time() % 1") from range in Ranged(depth) select $"quantile_over_time({q}, {range})",

        from s in Gen.Elements("60", "3600", "-30", "time() % 60") from range in Ranged(depth) select $"predict_linear({range}, {s})",
        from s in Gen.Elements("0.3", "0.9", "1") from range in Ranged(depth) select $"holt_winters({range}, {s}, 0.4)");

    static Gen<string> Function(int depth) => Gen.OneOf(
        from f in Gen.Elements("abs", "ceil", "floor", "sgn", "absent", "round", "minute", "hour", "day_of_week", "month", "year", "days_in_month")
        from v in Vector(depth - 1)
        select $"{f}({v})",
        from v in Selector select $"timestamp({v})",
        from v in Vector(depth - 1) from n in s_number from f in Gen.Elements("clamp_min", "clamp_max") select $"{f}({v}, {n})",
        from v in Vector(depth - 1) from a in s_number from b in s_number select $"clamp({v}, {a}, {b})",
        from v in Vector(depth - 1) select $"label_replace({v}, \"host\", \"$1-x\", \"instance\", \"(.*):.*\")",
        from v in Vector(depth - 1) select $"label_replace({v}, \"job\", \"${{2}}\", \"instance\", \"(.*):(.*)\")",
        from v in Vector(depth - 1) select $"label_join({v}, \"both\", \"/\", \"job\", \"none\", \"instance\")",
        from s in Scalar(depth - 1) select $"vector({s})",
        from v in Vector(depth - 1) select $"-({v})");

    static Gen<string> BinaryOf(int depth)
    {
        var arithmetic = Gen.Elements("+", "-", "*", "/", "%", "^");
        var comparison = Gen.Elements("==", "!=", "<", ">", "<=", ">=", "== bool", "> bool", "<= bool");
        var any = Gen.OneOf(arithmetic, comparison);
        return Gen.OneOf(
            from v in Vector(depth - 1) from op in any from s in Scalar(depth - 1) select $"({v}) {op} ({s})",
            from v in Vector(depth - 1) from op in any from s in Scalar(depth - 1) select $"({s}) {op} ({v})",
            from a in Vector(depth - 1)
            from op in any
            from m in Gen.Elements("", "on (job, instance)", "ignoring (code, le)", "on (job)")
            from b in Vector(depth - 1)
            select $"({a}) {op} {m} ({b})",
            from a in Vector(depth - 1)
            from op in Gen.Elements("and", "or", "unless")
            from m in Gen.Elements("", "on (job)", "ignoring (code, version)")
            from b in Vector(depth - 1)
            select $"({a}) {op} {m} ({b})",
            from a in Vector(depth - 1)
            from op in any
            from m in Gen.Elements("group_left", "group_left (version)", "group_right (code)")
            from b in Selector
            select $"({a}) {op} on (job, instance) {m} ({b})");
    }

    static Gen<string> Scalar(int depth) => depth <= 0 ? s_number : Gen.Frequency(
        (4, s_number),
        (1, Gen.Elements("time()", "pi()")),
        (2, from v in Vector(depth - 1) select $"scalar({v})"),
        (1, from a in Scalar(depth - 1) from op in Gen.Elements("+", "-", "*", "/", "%", "^", "> bool", "== bool") from b in Scalar(depth - 1) select $"({a}) {op} ({b})"));
}
