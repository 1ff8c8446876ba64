namespace Forge.Postgres;

/// <summary>The tables of the schema <c>forge</c>.</summary>
internal static class PostgresSchema
{
    /// <summary>Migrations take turns: "if not exists" alone is not safe when two start at once. The text is compressed as it always is, out of line.</summary>
    public const string Create = """
        select pg_advisory_xact_lock(7022026);
        create extension if not exists pg_trgm;
        create schema if not exists forge;
        create table if not exists forge.repository(
            id bigint generated always as identity primary key, name text not null collate "C" unique, path text not null collate "C" unique,
            wanted_commit text not null, generation bigint not null);
        create table if not exists forge.file(
            id bigint generated always as identity primary key, repository_id bigint not null references forge.repository(id),
            path text not null collate "C", blob text not null, skipped text, lines integer not null, content text, unique(repository_id, path));
        create index if not exists file_content_trigram on forge.file using gin (content gin_trgm_ops);
        """;

    public const string IsThere = "select to_regclass('forge.file_content_trigram') is not null";

    public const string Want = """
        insert into forge.repository as r (name, path, wanted_commit, generation) values ($1, $2, $3, 1)
        on conflict (path) do update set wanted_commit = excluded.wanted_commit,
            generation = r.generation + case when r.wanted_commit = excluded.wanted_commit then 0 else 1 end
        returning name, generation
        """;

    public const string Known = """
        select f.path, f.blob, f.skipped from forge.file f join forge.repository r on r.id = f.repository_id where r.name = $1
        """;

    /// <summary>The lock makes a wish that is just being written wait, and every batch after it see it.</summary>
    public const string Wanted = "select id from forge.repository where name = $1 and generation = $2 for share";

    public const string Replace = """
        insert into forge.file as f (repository_id, path, blob, skipped, lines, content)
        select $1, u.* from unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::text[]) u
        on conflict (repository_id, path) do update
        set blob = excluded.blob, skipped = excluded.skipped, lines = excluded.lines, content = excluded.content
        where (f.blob, f.skipped) is distinct from (excluded.blob, excluded.skipped)
        """;

    public const string Delete = "delete from forge.file where repository_id = $1 and path = any($2)";

    public const string Candidates = """
        select f.id, r.name, f.path from forge.file f join forge.repository r on r.id = f.repository_id
        where f.content ilike $1 and ($2::text is null or r.name = $2) and (r.name, f.path) > ($3, $4)
        order by r.name, f.path limit $5
        """;

    public const string Contents = "select id, content from forge.file where id = any($1)";

    public const string Stats = "select skipped, count(*), sum(lines) from forge.file group by skipped";
}
