-- The schema of the application's document, as it writes it, with the least that it needs to run: gen_random_uuid(), a key
-- that holds the column of the partitions, and the tables of tokens that its diagram shows.

create table public.profiles (
  id uuid references auth.users primary key,
  username text unique,
  full_name text,
  avatar_url text,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

-- Enable RLS
alter table public.profiles enable row level security;

-- Create policies
create policy "Public profiles are viewable by everyone"
  on public.profiles for select
  using (true);

create policy "Users can update own profile"
  on public.profiles for update
  using (auth.uid() = id);

create type public.experience_phase as enum (
  'discovery',
  'onboarding',
  'scaffolding',
  'endgame'
);

create table public.user_progress (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references auth.users not null,
  pillar text not null,
  phase experience_phase not null default 'discovery',
  progress integer not null default 0,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique(user_id, pillar)
);

-- Enable RLS
alter table public.user_progress enable row level security;

-- Create policies
create policy "Users can view own progress"
  on public.user_progress for select
  using (auth.uid() = user_id);

create function public.get_custom_claims(user_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  result jsonb;
begin
  select 
    jsonb_build_object(
      'roles', array_agg(distinct role),
      'permissions', array_agg(distinct permission)
    )
  into result
  from public.user_roles ur
  join public.role_permissions rp on ur.role = rp.role
  where ur.user_id = get_custom_claims.user_id;
  
  return result;
end;
$$;

create function public.transition_phase(
  p_user_id uuid,
  p_pillar text,
  p_new_phase experience_phase
)
returns void
language plpgsql security invoker
set search_path = ''
as $$
begin
  -- Validate current phase
  perform validate_phase_transition(p_user_id, p_pillar, p_new_phase);
  
  -- Update phase
  update public.user_progress
  set 
    phase = p_new_phase,
    updated_at = now()
  where 
    user_id = p_user_id 
    and pillar = p_pillar;
    
  -- Record transition
  insert into public.phase_transitions (
    user_id,
    pillar,
    from_phase,
    to_phase
  )
  values (
    p_user_id,
    p_pillar,
    (select phase from public.user_progress where user_id = p_user_id and pillar = p_pillar),
    p_new_phase
  );
end;
$$;

create function public.transfer_tokens(
  p_from_user_id uuid,
  p_to_user_id uuid,
  p_amount numeric,
  p_token_type text
)
returns void
language plpgsql security invoker
set search_path = ''
as $$
begin
  -- Check balance
  if not exists (
    select 1 
    from public.token_balances 
    where user_id = p_from_user_id 
    and token_type = p_token_type 
    and balance >= p_amount
  ) then
    raise exception 'Insufficient balance';
  end if;
  
  -- Perform transfer
  insert into public.token_transactions (
    from_user_id,
    to_user_id,
    amount,
    token_type
  )
  values (
    p_from_user_id,
    p_to_user_id,
    p_amount,
    p_token_type
  );
end;
$$;

create table public.token_balances (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references auth.users not null,
  token_type text not null,
  balance numeric not null default 0,
  updated_at timestamptz default now(),
  unique(user_id, token_type)
);

create table public.token_transactions (
  id uuid primary key default gen_random_uuid(),
  from_user_id uuid references auth.users,
  to_user_id uuid references auth.users,
  amount numeric not null,
  token_type text not null,
  created_at timestamptz not null default now()
);

-- Create indexes for frequently queried columns
create index idx_user_progress_user_pillar 
  on public.user_progress (user_id, pillar);

create index idx_token_transactions_from_user 
  on public.token_transactions (from_user_id, created_at desc);

create materialized view public.user_stats as
select 
  user_id,
  count(distinct pillar) as active_pillars,
  max(phase) as highest_phase,
  avg(progress) as avg_progress
from public.user_progress
group by user_id;

-- Refresh schedule
create function public.refresh_user_stats()
returns void
language plpgsql security definer
as $$
begin
  refresh materialized view concurrently public.user_stats;
end;
$$;

-- Partition large tables by date
create table public.activity_logs (
  id uuid,
  user_id uuid references auth.users,
  action text,
  created_at timestamptz,
  primary key (id, created_at)
) partition by range (created_at);

-- Create monthly partitions
create table activity_logs_y2025m01 partition of activity_logs
  for values from ('2025-01-01') to ('2025-02-01');
