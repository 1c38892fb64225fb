-- expect: 42702
-- Both tables have a role, so every call fails.
CREATE TABLE user_roles (user_id uuid, role text);
CREATE TABLE role_permissions (role text, permission text);
SELECT array_agg(DISTINCT role) FROM user_roles ur JOIN role_permissions rp ON ur.role = rp.role;
